internal import Basics
internal import Foundation
public import LinearAlgebra

/// The weights of a Hugging Face folder: one safetensors file, or shards with an index.
public struct Checkpoint: Sendable {
  /// The folder.
  public let folder: String
  private let files: [SafeTensorsFile]
  /// Tensor name without a `bert.` prefix → shard and the name there.
  private let places: [String: (file: Int, name: String)]

  private struct Index: Decodable {
    let weight_map: [String: String]
  }

  /// The weight files of a folder, relative to it, in a fixed order; with shards the index comes first.
  public static func files(of folder: String) throws -> [String] {
    let single = "model.safetensors"
    let index = "model.safetensors.index.json"
    if FileManager.default.fileExists(atPath: folder + "/" + single) { return [single] }
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: folder + "/" + index)) else {
      throw Diagnostic("the folder has neither \(single) nor \(index)", at: Place(file: folder))
    }
    guard let map = try? JSONDecoder().decode(Index.self, from: data) else {
      throw Diagnostic("the index has no weight_map of names to files", at: Place(file: folder + "/" + index))
    }
    return [index] + Set(map.weight_map.values).sorted()
  }

  /// Opens the weights of a folder and checks every header.
  ///
  /// - Throws: a `Diagnostic` for a missing shard, a broken file, or a tensor that the index promises and no shard has.
  public init(folder: String) throws {
    self.folder = folder
    let names = try Checkpoint.files(of: folder)
    files = try names.filter { $0.hasSuffix(".safetensors") }.map { try SafeTensorsFile(path: folder + "/" + $0) }
    var places: [String: (file: Int, name: String)] = [:]
    for (number, file) in files.enumerated() {
      for name in file.names {
        let plain = Checkpoint.plainName(name)
        if let other = places[plain] {
          throw Diagnostic(
            "the tensor stands in two shards, here and in \(files[other.file].path)",
            at: Place(file: file.path, detail: "tensor '\(name)'"))
        }
        places[plain] = (number, name)
      }
    }
    self.places = places
    if let index = names.first, index.hasSuffix(".json") {
      let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/" + index))
      let map = try JSONDecoder().decode(Index.self, from: data).weight_map
      for name in map.keys.sorted() where places[Checkpoint.plainName(name)] == nil {
        throw Diagnostic(
          "the index promises the tensor '\(name)', but no shard has it", at: Place(file: folder + "/" + index))
      }
    }
  }

  /// The names of all tensors, sorted, as this type knows them.
  public var names: [String] { places.keys.sorted() }

  /// A matrix of a known shape; a vector's shape has one number.
  ///
  /// - Throws: a `Diagnostic` naming the tensor where it is missing or has another shape.
  public func matrix(_ name: String, shape: [Int]) throws -> Matrix {
    guard let place = places[name] else {
      let near = nearestName(to: name, among: names)
      throw Diagnostic(
        "the checkpoint has no tensor '\(name)'", at: Place(file: folder), hint: near.map { "the nearest name is '\($0)'" })
    }
    let file = files[place.file]
    let entry = try file.entry(place.name)
    guard entry.shape == shape else {
      throw Diagnostic(
        "the tensor has shape \(entry.shape), config.json asks for \(shape)",
        at: Place(file: file.path, detail: "tensor '\(place.name)'"))
    }
    return try file.matrix(place.name)
  }

  /// Names without a model prefix, and with the norms' present names instead of `gamma` and `beta`.
  private static func plainName(_ name: String) -> String {
    var name = name.hasPrefix("bert.") ? String(name.dropFirst(5)) : name
    if name.hasSuffix("LayerNorm.gamma") { name = String(name.dropLast(5)) + "weight" }
    if name.hasSuffix("LayerNorm.beta") { name = String(name.dropLast(4)) + "bias" }
    return name
  }
}
