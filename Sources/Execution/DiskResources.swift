internal import Basics
internal import Checkpoints
public import Experiment
public import Foundation
internal import LinearAlgebra
internal import Models

/// The planner's view of the disk.
///
/// Hashes are kept in a file by path, size and time of change, so that a second plan reads no data again.
public final class DiskResources: Resources, @unchecked Sendable {
  private struct Known: Codable {
    var facts: String
    var rows: Int
  }

  // The lock guards the two dictionaries; the planner may ask from several threads.
  private let lock = NSLock()
  private var known: [String: Known]
  private var bases: [String: BaseFacts] = [:]
  private let cache: URL
  private let folder: String
  private let environment: [String: String]

  /// Opens the cache of hashes.
  ///
  /// - Parameters:
  ///   - cache: Where hashes are kept.
  ///   - folder: What relative paths of bases start from; empty for the working directory. A manifest's own paths come
  ///     with its folder in front.
  public init(cache: URL, folder: String, environment: [String: String]) {
    self.cache = cache
    self.folder = folder
    self.environment = environment
    let data = try? Data(contentsOf: cache)
    known = data.flatMap { try? JSONDecoder().decode([String: Known].self, from: $0) } ?? [:]
  }

  /// Writes the cache of hashes; a failure only costs time.
  public func save() {
    lock.withLock {
      try? FileManager.default.createDirectory(
        at: cache.deletingLastPathComponent(), withIntermediateDirectories: true)
      try? StableHash.canonicalJSON(known).write(to: cache, options: .atomic)
    }
  }

  /// Whether there is a file.
  public func exists(_ path: String) -> Bool {
    let values = try? URL(fileURLWithPath: path).resolvingSymlinksInPath().resourceValues(forKeys: [
      .isRegularFileKey
    ])
    return values?.isRegularFile ?? false
  }

  /// Facts about a data file.
  public func file(_ path: String) throws -> FileFacts {
    guard exists(path) else {
      throw Diagnostic("there is no such file", at: Place(file: path), hint: "is data_root right?")
    }
    let known = try hash(path, countingRows: true)
    return FileFacts(sha256: known.facts, rows: known.rows, bytes: try size(path))
  }

  /// The folder of a base that a user names.
  public static func locate(_ name: String, relativeTo folder: String, environment: [String: String]) throws
    -> String
  {
    try BaseLocator.resolve(name, relativeTo: folder, environment: environment)
  }

  /// Facts about a base model.
  public func base(_ name: String) throws -> BaseFacts {
    if let facts = lock.withLock({ bases[name] }) { return facts }
    let path = try BaseLocator.resolve(name, relativeTo: folder, environment: environment)
    let configuration = try ModelConfiguration(folder: path)
    let shape = try EncoderShape(configuration, folder: path)
    var parts: [String] = []
    for file in try BaseFolder.files(of: path) {
      let name = file.split(separator: "/").last.map(String.init) ?? file
      parts.append("\(name) \(try hash(file, countingRows: false).facts)")
    }
    let facts = BaseFacts(
      sha256: StableHash.hex(Data(parts.joined(separator: "\n").utf8)), path: path,
      parameters: shape.matrixParameters, linearLayers: shape.sites.map(\.path))
    lock.withLock { bases[name] = facts }
    return facts
  }

  private func hash(_ path: String, countingRows: Bool) throws -> Known {
    // The file itself, not the link to it: a link can come to point at another file of equal size and time.
    let file = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    let attributes = try FileManager.default.attributesOfItem(atPath: file)
    let changed = (attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
    let key = "\(file) \(try size(path)) \(changed)"
    if let value = lock.withLock({ known[key] }) { return value }
    let value = Known(
      facts: try StableHash.hex(file: path), rows: countingRows ? try DiskResources.lines(path) : 0)
    lock.withLock { known[key] = value }
    return value
  }

  private func size(_ path: String) throws -> Int {
    let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    return (try FileManager.default.attributesOfItem(atPath: resolved)[.size] as? Int) ?? 0
  }

  private static func lines(_ path: String) throws -> Int {
    let data = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
    return data.split(separator: UInt8(ascii: "\n")).count
  }
}
