internal import Basics
internal import Foundation
internal import LinearAlgebra

/// What the machine is, for provenance and for the BLAS kernel.
public enum MachineFacts {
  /// Cores that this process may use.
  public static var cores: Int { ProcessInfo.processInfo.activeProcessorCount }

  /// The processor's name from the kernel, or the architecture.
  public static var processor: String { field("model name") ?? "unknown processor" }

  /// Processor, cores and memory in one line, without a host name.
  public static var description: String {
    let gibibytes = Double(ProcessInfo.processInfo.physicalMemory) / 1_073_741_824
    return "\(processor), \(cores) cores, \(Int(gibibytes.rounded())) GiB"
  }

  /// The `OPENBLAS_CORETYPE` that suits this processor better than what OpenBLAS chose; nil where its choice is right.
  ///
  /// Debian's OpenBLAS 0.3.21 knows neither Zen 4 nor Zen 5 and takes them for a Haswell: half the speed that their
  /// AVX-512 units have. The variable is read when the library is loaded, so a process must be started with it.
  public static func betterKernel(environment: [String: String]) -> String? {
    guard environment["OPENBLAS_CORETYPE"] == nil else { return nil }
    let lesser = ["Haswell", "Zen", "Sandybridge", "Prescott", "Nehalem", "Excavator"]
    guard lesser.contains(BLASRuntime.kernel), let flags = field("flags") else { return nil }
    let has = Set(flags.split(separator: " ").map(String.init))
    return has.isSuperset(of: ["avx512f", "avx512bw", "avx512dq", "avx512vl"]) ? "SkylakeX" : nil
  }

  /// Megabytes that this process holds at most so far.
  public static var peakResidentMegabytes: Double {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return 0 }
    let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0) / 1024
  }

  /// Processor seconds that this process used so far.
  public static var cpuSeconds: Double {
    Double(clock()) / Double(CLOCKS_PER_SEC)
  }

  private static func field(_ name: String) -> String? {
    guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
    return line?.split(separator: ":", maxSplits: 1).last.map { $0.trimmingCharacters(in: .whitespaces) }
  }
}
