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

  /// `description`, and the BLAS kernel.
  public static var machineAndKernel: String { "\(description), \(BLASRuntime.kernel)" }

  /// The `OPENBLAS_CORETYPE` that suits this processor better than what OpenBLAS chose; nil where its choice is right,
  /// or where the user made it.
  ///
  /// Debian's OpenBLAS 0.3.21 knows neither Zen 4 nor Zen 5 and takes them for a Haswell: half the speed that their
  /// AVX-512 units have. The variable is read when the library is loaded, so a process must be started with it.
  public static func betterKernel(environment: [String: String]) -> String? {
    guard environment["OPENBLAS_CORETYPE"]?.isEmpty ?? true else { return nil }
    return widerKernel
  }

  /// The kernel that uses the processor's full vector width, where the present one does not; nil where it does.
  public static var widerKernel: String? {
    let narrow = [
      "Haswell", "Zen", "Sandybridge", "Prescott", "Nehalem", "Excavator", "Core2", "Katmai", "Barcelona",
    ]
    let kernel = BLASRuntime.kernel
    guard narrow.contains(where: { $0.lowercased() == kernel.lowercased() }) else { return nil }
    let has = Set((field("flags") ?? "").split(separator: " ").map(String.init))
    if has.isSuperset(of: ["avx512f", "avx512bw", "avx512dq", "avx512vl"]) { return "SkylakeX" }
    let usesAVX2 = ["haswell", "zen", "excavator"].contains(kernel.lowercased())
    return has.isSuperset(of: ["avx2", "fma"]) && !usesAVX2 ? "Haswell" : nil
  }

  /// Bytes of memory that this process could still get: what is free, or what a container leaves; nil where unknown.
  public static var availableMemory: Int? {
    let free = meminfo("MemAvailable:")
    let group = "/sys/fs/cgroup/memory."
    guard let limit = number(inFile: group + "max"), let used = number(inFile: group + "current") else {
      return free
    }
    return min(free ?? .max, max(0, limit - used))
  }

  /// Bytes free on the disk that holds a path, which need not exist yet; nil where unknown.
  public static func freeDisk(at path: String) -> Int? {
    var folder = URL(fileURLWithPath: path).standardizedFileURL
    while !FileManager.default.fileExists(atPath: folder.path), folder.path != "/" {
      folder = folder.deletingLastPathComponent()
    }
    let facts = try? FileManager.default.attributesOfFileSystem(forPath: folder.path)
    return (facts?[.systemFreeSize] as? NSNumber)?.intValue
  }

  /// Whether a process is there and still runs: not one that ended and waits to be noticed.
  public static func isAlive(_ process: Int32) -> Bool {
    guard kill(process, 0) == 0 || errno == EPERM else { return false }
    return ProcessState(of: "\(process)")?.hasEnded != true
  }

  /// Whether this process was started with a signal ignored, as `nohup` does.
  public static func ignores(signal: Int32) -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("SigIgn:") }),
      let mask = line.split(whereSeparator: \.isWhitespace).last.flatMap({ UInt64($0, radix: 16) })
    else { return false }
    return mask >> UInt64(signal - 1) & 1 == 1
  }

  /// Begins to count the most memory anew, where the system can.
  public static func forgetPeak() {
    try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
  }

  /// Megabytes that this process held at most since it began or forgot.
  public static var peakResidentMegabytes: Double {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return 0 }
    let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0) / 1024
  }

  /// Processor seconds that this process used so far.
  public static var cpuSeconds: Double {
    Double(clock()) / Double(CLOCKS_PER_SEC)
  }

  /// Processor seconds of this process and of those that it started and saw end, to a hundredth.
  public static var cpuSecondsWithChildren: Double {
    guard let text = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return cpuSeconds }
    // Fields 14 to 17 of the line, user and system time of both; the state behind the bracket is field 3.
    let fields = text[text.index(after: end)...].split(separator: " ").map(String.init)
    guard fields.count > 14 else { return cpuSeconds }
    return fields[11...14].compactMap(Double.init).reduce(0, +) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  private static func meminfo(_ name: String) -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8) else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
    return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
  }

  private static func number(inFile path: String) -> Int? {
    let text = try? String(contentsOfFile: path, encoding: .utf8)
    return text.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
  }

  private static func field(_ name: String) -> String? {
    guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
    return line?.split(separator: ":", maxSplits: 1).last.map { $0.trimmingCharacters(in: .whitespaces) }
  }
}
