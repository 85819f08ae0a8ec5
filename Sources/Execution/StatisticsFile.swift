internal import Basics
internal import Checkpoints
internal import Foundation
internal import LinearAlgebra
internal import Merging
internal import Specs

/// What a measurement found: `statistics.safetensors` with a matrix for each layer, or for each input that layers share.
enum StatisticsFile {
  private static let name = "statistics.safetensors"

  /// Writes the matrices and returns the bytes of the file.
  static func write(_ matrices: [(name: String, matrix: Matrix)], to folder: URL) throws -> Int {
    let path = folder.appendingPathComponent(name).path
    try SafeTensorsWriter.write(matrices.map { NamedTensor($0.name, $0.matrix) }, to: path)
    return try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
  }

  /// Reads what a measurement's folder holds; the matrices are views of the mapped file.
  static func read(_ folder: URL) throws -> ModelEvidence {
    let file = try SafeTensorsFile(path: folder.appendingPathComponent(name).path)
    var matrices: [String: Matrix] = [:]
    for name in file.names { matrices[name] = try file.matrix(name) }
    return ModelEvidence(name: file.path, matrices)
  }
}
