public import Basics
internal import Checkpoints
package import Foundation
internal import LinearAlgebra
package import Models

/// Weights of bases in the form in which passes read them, made once and mapped by all processes: N workers hold one copy.
///
/// Two files a base: matrices that its own files do not hold as passes read them (queries, keys and values in one matrix, and
/// all of a base stored in 16 bits), and the linear weights rounded to bf16. They lie in the user's cache folder and are named
/// after the hash of the base, may be removed at any time, and where they cannot be written every process has its own.
///
/// Beside each stands its SHA-256 with its name. A process hashes what it maps for the first time, and after each job looks
/// whether somebody wrote into it since, so that a result never comes from weights that no process of ours wrote: what is
/// something else is told and made anew. What no process has opened for a month goes when one writes another file.
public final class SharedWeights: Sendable {
  private let folder: URL?
  /// Bytes below which a copy for each process is cheaper than a file.
  private let least: Int
  private let told: @Sendable (Diagnostic) -> Void
  /// Files that this process has hashed, or written, as they were then.
  private let sound = Lock<[String: WrittenFile]>([:])

  /// Seconds after which a file that nobody opens goes: bases come and go, and each leaves up to its own size here.
  private static let keptUnused = 30.0 * 24 * 3600

  /// Raised when the same base would be laid out otherwise.
  private static let layout = 1

  /// - Parameters:
  ///   - folder: Where the files lie; nil: every process has its own weights.
  ///   - told: Hears of a file that is not what was written.
  package init(
    folder: URL?, least: Int = 4 << 20, told: @escaping @Sendable (Diagnostic) -> Void = { _ in }
  ) {
    self.folder = folder
    self.least = least
    self.told = told
  }

  /// Every process has its own weights.
  public static let none = SharedWeights(folder: nil)

  /// The user's: `<cache>/mixology/weights`.
  ///
  /// - Parameter told: Hears of a file that is not what was written.
  public convenience init(environment: [String: String], told: @escaping @Sendable (Diagnostic) -> Void) {
    let cache = BaseLocator.cacheFolder(environment)
    self.init(
      folder: cache.map { URL(fileURLWithPath: $0).appendingPathComponent("mixology/weights") }, told: told)
  }

  /// A base's network, its weights mapped as far as they can be.
  ///
  /// - Parameter sha256: The hash of the base.
  /// - Throws: a `Diagnostic` for what is missing, of another shape, not supported, or for products that cannot be had here.
  package func open(_ path: String, sha256: String, _ precision: Precision) throws -> any Network {
    let derived = file(sha256, .float32)
    func opened() throws -> any Network {
      try NetworkFamilies.open(folder: path, derived: derived.flatMap(known))
    }
    var network = try opened()
    let copies = network.copies
    let bytes = copies.reduce(0) { $0 + 4 * $1.values.count }
    if let derived, !copies.isEmpty, bytes >= least, write(copies, .float32, derived) {
      network = try opened()
    }
    return precision == .float32
      ? network : try rounded(network, file(sha256, .bfloat16), opened: opened)
  }

  private func rounded(
    _ network: any Network, _ path: String?, opened: () throws -> any Network
  ) throws -> any Network {
    if let path, OneDNN.isThere, let known = mapped(network, path) { return known }
    var weights: [NamedTensor] = []
    let own = try network.rounding { weights.append($0) }
    guard let path, weights.reduce(0, { $0 + 2 * $1.values.count }) >= least, write(weights, .bfloat16, path)
    else { return own }
    // Over another mapping of the floats: the pages of this one, all of which were read, stay this process's as long as it does.
    return mapped(try opened(), path) ?? own
  }

  /// The network over a file of rounded weights; nil where there is none that fits.
  private func mapped(_ network: any Network, _ path: String) -> (any Network)? {
    guard let file = known(path) else { return nil }
    return try? network.rounded { (weight) throws(Diagnostic) in
      let numbers = try file.bfloats(weight.name)
      guard numbers.rows == weight.values.rows, numbers.columns == weight.values.columns else {
        throw Diagnostic("a weight of another shape", at: Place(file: path))
      }
      return numbers
    }
  }

  /// Removes what was made of a base: under its hash another one was read.
  ///
  /// What somebody writes under its name later is hashed like anything else.
  package func forget(_ sha256: String) {
    sound.withLock { known in
      known = known.filter { !URL(fileURLWithPath: $0.key).lastPathComponent.hasPrefix(sha256) }
    }
    guard let folder, let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
      return
    }
    for name in names where name.hasPrefix(sha256) {
      try? FileManager.default.removeItem(at: folder.appendingPathComponent(name))
    }
  }

  /// Refuses a result that was made with a base's files where somebody has written into one since it was mapped.
  package func check(_ sha256: String) throws(Diagnostic) {
    guard let folder else { return }
    let known = sound.withLock { $0 }
    for (path, file) in known.sorted(by: { $0.key < $1.key })
    where path.hasPrefix(folder.appendingPathComponent(sha256).path) {
      if WrittenFile(path).map({ $0.inode == file.inode && $0 != file }) ?? false {
        throw Diagnostic(
          "somebody has written into the file, which all workers read", at: Place(file: path),
          hint: "run again: it is made anew from the base")
      }
    }
  }

  private func file(_ sha256: String, _ precision: Precision) -> String? {
    folder?.appendingPathComponent("\(sha256)-\(precision.rawValue)-\(SharedWeights.layout).safetensors").path
  }

  private static func hashFile(_ path: String) -> String { path + ".sha256" }

  /// A file as it was written; nil where there is none, or where it is something else now, which is told.
  private func known(_ path: String) -> SafeTensorsFile? {
    let manager = FileManager.default
    guard manager.fileExists(atPath: path),
      let hash = try? String(contentsOfFile: SharedWeights.hashFile(path), encoding: .utf8)
    else { return nil }
    if sound.withLock({ $0[path] }) == nil {
      let file = WrittenFile(path)
      guard (try? SharedWeights.hash(of: path)) == hash else {
        told(
          Diagnostic(
            "the file is not what was written: its SHA-256 is another one", at: Place(file: path),
            hint: "it is made anew from the base"))
        return nil
      }
      sound.withLock { $0[path] = file }
      // Written again, its date says that it is in use.
      try? write(hash: hash, of: path)
    }
    return try? SafeTensorsFile(path: path)
  }

  /// The hash of the bytes with the name, so that a pair of files that came under the name of another base is noticed.
  private static func hash(of path: String) throws -> String {
    "\(try StableHash.hex(file: path))  \(URL(fileURLWithPath: path).lastPathComponent)\n"
  }

  private func write(hash: String, of path: String) throws {
    try Data(hash.utf8).write(to: URL(fileURLWithPath: SharedWeights.hashFile(path)), options: .atomic)
  }

  /// Removes what nobody has opened for long, whatever its layout, and what writers that were killed left.
  ///
  /// A file is as old as its hash, which every process writes again that opens it, before the one that was written last: no clock
  /// but the file system's is asked.
  private func removeUnused(in folder: URL, since last: String) {
    let manager = FileManager.default
    func date(_ path: String) -> Date? {
      try? manager.attributesOfItem(atPath: path)[.modificationDate] as? Date
    }
    guard let now = date(SharedWeights.hashFile(last)) else { return }
    for name in (try? manager.contentsOfDirectory(atPath: folder.path)) ?? [] {
      let path = folder.appendingPathComponent(name).path
      guard let opened = date(SharedWeights.hashFile(path)) ?? date(path),
        now.timeIntervalSince(opened) > SharedWeights.keptUnused
      else { continue }
      // A process that has mapped it keeps it.
      try? manager.removeItem(atPath: path)
    }
  }

  /// Whether a file was written; another process may write the same bytes meanwhile.
  private func write(_ tensors: [NamedTensor], _ format: StoredFloats.Format, _ path: String) -> Bool {
    guard let folder else { return false }
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try SafeTensorsWriter.write(tensors, as: format, to: path)
      // After the file: one without its hash is written anew.
      let file = WrittenFile(path)
      try write(hash: SharedWeights.hash(of: path), of: path)
      removeUnused(in: folder, since: path)
      sound.withLock { $0[path] = file }
      return true
    } catch {
      // Only memory is lost: the process keeps the weights to itself.
      return false
    }
  }
}

/// Which file lies at a path, and when it was last written into.
private struct WrittenFile: Sendable, Hashable {
  let inode: Int
  let size: Int
  let written: Date

  /// Nil where there is no file.
  init?(_ path: String) {
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return nil }
    inode = attributes[.systemFileNumber] as? Int ?? 0
    size = attributes[.size] as? Int ?? 0
    written = attributes[.modificationDate] as? Date ?? .distantPast
  }
}
