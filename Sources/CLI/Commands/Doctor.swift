import ArgumentParser
import Basics
import Bench
import Checkpoints
import Execution
import Foundation
import LinearAlgebra
import Machine
import Terminal

/// Says what the machine is and what keeps it from being faster.
struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Shows CPU, BLAS kernel, speed, threads, memory, disk and models, and what would make it faster.")

  @Flag(help: "One JSON object.")
  var json = false

  @Option(help: "The folder of results.")
  var results = "Results"

  /// The kernel that OpenBLAS had chosen before this program started itself again with a better one.
  @Option(help: .private)
  var restartedFrom: String?

  private struct Findings: Encodable {
    let processor: String
    let cores: Int
    let memoryBytes: Int
    let memoryAvailableBytes: Int?
    let blas: String
    let kernel: String
    let kernelChosenBy: String
    let betterKernel: String?
    let gflopsOneThread: Double
    let gflopsAllCores: Double
    let onednn: String?
    let onednnProblem: String?
    let bfloat16GflopsOneThread: Double?
    let bfloat16GflopsAllCores: Double?
    let openblasNumThreads: String?
    let results: String
    let diskFreeBytes: Int?
    let modelCache: String
    let allMinilmL6V2: String?
    let advice: [String]
  }

  func run() throws {
    let environment = ProcessInfo.processInfo.environment
    if restartedFrom == nil, let kernel = MachineFacts.betterKernel(environment: environment) {
      // As `run` starts its workers. Where that fails the present kernel is described.
      let arguments = CommandLine.arguments + ["--restarted-from", BLASRuntime.kernel]
      BLASRuntime.restart(settingKernel: kernel, arguments: arguments)
    }
    let findings = findings(environment)
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
      encoder.keyEncodingStrategy = .convertToSnakeCase
      Console.print(String(decoding: try encoder.encode(findings), as: UTF8.self))
    } else {
      Console.print(text(findings))
    }
  }

  private func findings(_ environment: [String: String]) -> Findings {
    BLASRuntime.threads = 1
    let cores = MachineFacts.cores
    let one = GEMMPeak.measure(workers: 1, rounds: 3)
    let all = GEMMPeak.measure(workers: cores, rounds: 3)
    let library = OneDNN.shared
    let rounded = try? (
      BFloatPeak(workers: 1).measure(rounds: 3), BFloatPeak(workers: cores).measure(rounds: 3)
    )
    let better = restartedFrom == nil ? MachineFacts.widerKernel : nil
    let cache = BaseLocator.cacheFolder(environment) ?? "~/.cache"
    let model = try? DiskResources.locate("all-MiniLM-L6-v2", relativeTo: ".", environment: environment)
    let disk = MachineFacts.freeDisk(at: results)
    var advice: [String] = []
    if let note = restartedFrom == nil ? KernelAdvice.present?.note : nil { advice.append(note) }
    if let disk, disk < 1 << 30 {
      advice.append("note: only \(spoken(bytes: disk)) of disk are free where '\(results)' lies")
    }
    if model == nil { advice.append("note: all-MiniLM-L6-v2 is not here: `make model` fetches it (90 MB)") }
    return Findings(
      processor: MachineFacts.processor, cores: cores,
      memoryBytes: Int(clamping: ProcessInfo.processInfo.physicalMemory),
      memoryAvailableBytes: MachineFacts.availableMemory, blas: version, kernel: BLASRuntime.kernel,
      kernelChosenBy: chosenBy(environment), betterKernel: better, gflopsOneThread: one, gflopsAllCores: all,
      onednn: (try? library.get()).map { "\($0.version) (\($0.file))" },
      onednnProblem: library.problem.map { $0.what + ($0.hint.map { ": \($0)" } ?? "") },
      bfloat16GflopsOneThread: rounded?.0, bfloat16GflopsAllCores: rounded?.1,
      openblasNumThreads: environment["OPENBLAS_NUM_THREADS"], results: results, diskFreeBytes: disk,
      modelCache: cache + "/mixology/models", allMinilmL6V2: model, advice: advice)
  }

  private func chosenBy(_ environment: [String: String]) -> String {
    if restartedFrom != nil { return "mixology" }
    return (environment["OPENBLAS_CORETYPE"]?.isEmpty ?? true) ? "openblas" : "user"
  }

  /// `OpenBLAS 0.3.21` out of the library's line of build options.
  private var version: String {
    BLASRuntime.configuration.split(separator: " ").prefix(2).joined(separator: " ")
  }

  private func bfloat16(_ findings: Findings) -> String {
    guard let library = findings.onednn, let one = findings.bfloat16GflopsOneThread,
      let all = findings.bfloat16GflopsAllCores
    else { return findings.onednnProblem ?? "not available" }
    return
      "\(Int(one.rounded())) GFLOP/s on one core, \(Int(all.rounded())) on all (products of bf16 numbers by "
      + "oneDNN \(library)), \(String(format: "%.1f", all / findings.gflopsAllCores)) times single precision"
  }

  private func text(_ findings: Findings) -> String {
    let why =
      switch findings.kernelChosenBy {
      case "mixology": "mixology's choice; OpenBLAS alone takes \(restartedFrom ?? "another") here"
      case "user": "because OPENBLAS_CORETYPE is set"
      default: "OpenBLAS's own choice"
      }
    let threads = findings.openblasNumThreads.map { "OPENBLAS_NUM_THREADS is \($0); " } ?? ""
    let available = findings.memoryAvailableBytes.map { ", \(spoken(bytes: $0)) available" } ?? ""
    let rows = [
      ("processor", "\(findings.processor), \(counted(findings.cores, "core"))"),
      ("memory", spoken(bytes: findings.memoryBytes) + available),
      ("BLAS", "\(findings.blas), kernel \(findings.kernel) (\(why))"),
      (
        "speed",
        "\(Int(findings.gflopsOneThread.rounded())) GFLOP/s on one core, "
          + "\(Int(findings.gflopsAllCores.rounded())) on all (single-precision matrix products)"
      ),
      ("bfloat16", bfloat16(findings)),
      ("threads", "\(threads)workers always use one BLAS thread each, `run` starts one worker a core"),
      (
        "disk", findings.diskFreeBytes.map { "\(spoken(bytes: $0)) free at \(findings.results)" } ?? "unknown"
      ),
      ("models", "cache \(findings.modelCache)"),
      ("", "all-MiniLM-L6-v2: \(findings.allMinilmL6V2 ?? "not here")"),
    ]
    let lines = rows.map { "\(padded($0.0, 10)) \($0.1)" } + findings.advice
    return lines.joined(separator: "\n")
  }
}
