import Basics
import Foundation
import Specs
import Tasks

/// A folder of data files that goes away with its value.
final class DataFolder {
  private let folder: URL
  private var paths: [String: String] = [:]

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("tasks-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Writes a file, by its hash in specs.
  func write(_ name: String, _ bytes: [UInt8]) throws -> DataFile {
    let url = folder.appendingPathComponent(name)
    try Data(bytes).write(to: url)
    let hash = StableHash.hex(bytes: bytes)
    paths[hash] = url.path
    return DataFile(sha256: hash, format: url.pathExtension)
  }

  func write(_ name: String, _ text: String) throws -> DataFile { try write(name, Array(text.utf8)) }

  func load(_ task: TaskSpec, _ split: Split = .train) throws -> [Example] {
    try TaskLoader.load(task, split: split) { paths[$0] }
  }

  /// Where a file lies, by its hash.
  func path(of hash: String) -> String? { paths[hash] }

  /// What a load says when it fails, with bare file names.
  func complaint(_ task: TaskSpec, _ split: Split = .train) -> String {
    do {
      return "loaded \(try load(task, split).count)"
    } catch {
      return "\(error)".replacingOccurrences(of: folder.path + "/", with: "")
    }
  }
}

extension TaskSpec {
  /// A sentiment task over some files.
  static func sentiment(
    _ files: [String: DataFile], text: String = "{text}", pair: String? = nil, fraction: Double = 0.1
  ) -> TaskSpec {
    TaskSpec(
      name: "fpb", kind: .classification, source: .files(files), text: text, pair: pair,
      labels: ["negative", "neutral", "positive"].map { LabelSpec(name: $0, description: $0) },
      metrics: ["accuracy"], validationFraction: fraction)
  }

  /// Two files for one text, so that no validation data is held out of it.
  static func whole(_ file: DataFile, text: String = "{text}", pair: String? = nil) -> TaskSpec {
    sentiment(["train": file, "validation": file], text: text, pair: pair)
  }
}
