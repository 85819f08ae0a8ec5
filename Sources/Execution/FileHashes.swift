internal import Basics
internal import Foundation

/// SHA-256 of files and of bases, remembered by path, inode, size and times of change: while a file is the same, it is read once
/// by all processes together.
struct FileHashes: Sendable {
  private let facts: FactsCache
  private let tell: @Sendable (String) -> Void

  /// - Parameters:
  ///   - facts: Where they are remembered.
  ///   - tell: Hears what is read.
  init(_ facts: FactsCache, tell: @escaping @Sendable (String) -> Void = { _ in }) {
    self.facts = facts
    self.tell = tell
  }

  /// The hash of a file's bytes.
  func hash(_ path: String) throws -> String {
    try facts.value(.hash, try FileHashes.key(path)) {
      tell("reading \(path)")
      return try StableHash.hex(file: path)
    }
  }

  /// The hash over a base's weights, configuration and tokenizer.
  func hash(ofBase path: String) throws -> String {
    var parts: [String] = []
    for file in try BaseFolder.files(of: path) {
      let name = file.split(separator: "/").last.map(String.init) ?? file
      parts.append("\(name) \(try hash(file))")
    }
    return StableHash.hex(Data(parts.joined(separator: "\n").utf8))
  }

  /// Refuses a base whose files are not those of a hash any more.
  func check(base path: String, is sha256: String) throws {
    guard try hash(ofBase: path) == sha256 else { throw Diagnostic.changed("the base", path) }
  }

  /// What tells whether a file is as it was: where it lies, its inode, its size and the times of change of its bytes and of
  /// its inode, of which nobody can set the last one back.
  static func key(_ path: String) throws -> String {
    // The file itself, not the link to it: a link can come to point at another file of equal size and time.
    let file = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    let attributes = try FileManager.default.attributesOfItem(atPath: file)
    func seconds(_ key: FileAttributeKey) -> Double {
      (attributes[key] as? Date)?.timeIntervalSince1970 ?? 0
    }
    let (inode, size) = (attributes[.systemFileNumber] as? Int ?? 0, attributes[.size] as? Int ?? 0)
    // On Linux Foundation's date of creation is the inode's time of change.
    return "\(file) \(inode) \(size) \(seconds(.modificationDate)) \(seconds(.creationDate))"
  }
}

extension FactKind<String> {
  /// SHA-256 of a file, by its key.
  fileprivate static var hash: FactKind { FactKind("hashes") }
}
