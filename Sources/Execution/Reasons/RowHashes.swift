internal import Basics
public import Experiment
internal import Foundation
internal import Specs

/// The lines of a data file as 32-bit hashes, kept by the SHA-256 of the file: `.store/.rows/<sha256>`.
///
/// So that it can be said where a file begins to differ from what it was, when only its hash is known any more.
public enum RowHashes {
  /// Larger files are not kept.
  private static let mostBytes = 64 << 20

  /// Keeps those of a plan's data files.
  public static func keep(_ plan: Plan, in store: JobStore) {
    for task in plan.plannedTasks {
      for file in task.files {
        let kept = path(file.sha256, store)
        guard !FileManager.default.fileExists(atPath: kept), let path = plan.locations[file.sha256],
          let hashes = hashes(path, of: file.sha256)
        else { continue }
        try? FileManager.default.createDirectory(
          atPath: store.root.path + "/.rows", withIntermediateDirectories: true)
        var bytes = Data()
        for hash in hashes {
          for place in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: hash >> (8 * place))) }
        }
        try? bytes.write(to: URL(fileURLWithPath: kept), options: .atomic)
      }
    }
  }

  /// The first line, from one, in which a file differs from one that was kept; nil where that is not known.
  static func firstDifference(from old: String, _ file: String, _ store: JobStore) -> Int? {
    guard let kept = FileManager.default.contents(atPath: path(old, store)), let now = hashes(file) else {
      return nil
    }
    for (index, hash) in now.enumerated() {
      guard 4 * index + 4 <= kept.count else { return index + 1 }
      let start = kept.startIndex + 4 * index
      let before = (0..<4).reduce(UInt32(0)) { $0 | UInt32(kept[start + $1]) << UInt32(8 * $1) }
      if before != hash { return index + 1 }
    }
    return kept.count / 4 > now.count ? now.count + 1 : nil
  }

  private static func path(_ sha256: String, _ store: JobStore) -> String {
    "\(store.root.path)/.rows/\(sha256)"
  }

  /// FNV-1a of each line; nil for a file that is too large, cannot be read or has another hash by now.
  private static func hashes(_ path: String, of sha256: String? = nil) -> [UInt32]? {
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)), data.count <= mostBytes else {
      return nil
    }
    if let sha256, StableHash.hex(data) != sha256 { return nil }
    var hashes: [UInt32] = []
    var (hash, isOpen) = (UInt32(2_166_136_261), false)
    for byte in data {
      if byte == UInt8(ascii: "\n") {
        hashes.append(hash)
        (hash, isOpen) = (2_166_136_261, false)
      } else {
        hash = (hash ^ UInt32(byte)) &* 16_777_619
        isOpen = true
      }
    }
    if isOpen { hashes.append(hash) }
    return hashes
  }
}
