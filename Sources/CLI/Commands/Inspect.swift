import ArgumentParser
import Basics
import Checkpoints
import Execution
import Foundation
import Specs
import Terminal

/// Says what a path is.
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Says what a checkpoint, tensor or GGUF file, adapter, routed model, dataset or stored job is.")

  @Argument(
    help: "A folder, a file, the name of a base, or the first digits of a stored job's id.",
    transform: { UserPath.expanded($0) })
  var path: String

  @Flag(help: "Lists all tensors, layers or values; of tensors also whether they hold NaN or infinity.")
  var tensors = false

  @Option(help: "The folder of results, whose .store holds the jobs.", transform: { UserPath.expanded($0) })
  var results = "Results"

  func run() throws {
    Console.print(try lines().joined(separator: "\n"))
  }

  private func lines() throws -> [String] {
    let files = FileManager.default
    guard files.fileExists(atPath: path) else { return try named() }
    func holds(_ name: String) -> Bool { files.fileExists(atPath: path + "/" + name) }
    if (try? files.contentsOfDirectory(atPath: path)) != nil {
      if holds("result.json") { return try storedJob(folder: URL(fileURLWithPath: path)) }
      if holds("adapter_config.json") || holds("adapter_model.safetensors") {
        return try AdapterInspection.lines(path, all: tensors)
      }
      if holds(RoutedFile.names[0]) { return try RoutedInspection.lines(path, all: tensors) }
      if holds("config.json") { return try CheckpointInspection.lines(path, all: tensors) }
      throw Diagnostic(
        "the folder is no checkpoint, no adapter, no routed model and no stored job", at: Place(file: path),
        hint: "they hold config.json, adapter_config.json, routed.json and result.json")
    }
    switch path.split(separator: ".").last.map({ $0.lowercased() }) ?? "" {
    case "safetensors": return try TensorInspection.lines(path, all: tensors)
    case "gguf": return try GGUFInspection.lines(path, all: tensors)
    case "jsonl", "csv": return try DatasetInspection.lines(path, all: tensors)
    case "yaml", "yml":
      throw Diagnostic(
        "a YAML file is checked by other commands", at: Place(file: path),
        hint: "`mixology validate` and `plan` read manifests, `mixology merge` reads recipes")
    default:
      throw Diagnostic(
        "the file is of no known kind", at: Place(file: path),
        hint: "known: .safetensors, .gguf, .jsonl, .csv")
    }
  }

  /// What is no path: a job by the first digits of its id, or a base by its name.
  private func named() throws -> [String] {
    let store = JobStore(root: URL(fileURLWithPath: results).appendingPathComponent(".store"))
    let isPrefix = path.utf8.count >= 4 && path.allSatisfy { $0.isHexDigit }
    let jobs = isPrefix ? store.jobs(beginningWith: path) : []
    if jobs.count > 1 {
      let ids = jobs.prefix(4).map(\.hex).joined(separator: ", ") + (jobs.count > 4 ? ", …" : "")
      throw Diagnostic("\(jobs.count) stored jobs begin with '\(path)'", hint: "give more digits: \(ids)")
    }
    if let id = jobs.first { return try JobInspection.lines(id, in: store) }
    let environment = ProcessInfo.processInfo.environment
    if let folder = try? DiskResources.locate(path, relativeTo: ".", environment: environment) {
      return try CheckpointInspection.lines(folder, all: tensors)
    }
    let looked = isPrefix ? " and no job of \(results)/.store begins so" : ""
    throw Diagnostic(
      "there is no such file or folder\(looked)", at: Place(file: path),
      hint: "give a path, the name of a base in the cache, or the first four or more digits of a job's id")
  }

  private func storedJob(folder: URL) throws -> [String] {
    let folder = folder.standardizedFileURL
    let store = JobStore(root: folder.deletingLastPathComponent())
    guard let id = JobID(hex: folder.lastPathComponent) else {
      throw Diagnostic(
        "the folder is called like no job", at: Place(file: folder.relativePath),
        hint: "a job's folder has the 32 digits of its id for a name")
    }
    return try JobInspection.lines(id, in: store)
  }
}
