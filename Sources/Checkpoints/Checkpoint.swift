public import Basics
internal import Foundation
public import LinearAlgebra

/// The weights of a model in a Hugging Face folder: one safetensors file, or shards with an index.
///
/// Callers see names as today's transformers writes a bare model: what it puts before them when a head is saved along is
/// taken off, and the legacy `LayerNorm.gamma` and `LayerNorm.beta` appear as `LayerNorm.weight` and `LayerNorm.bias`.
public struct Checkpoint: Sendable {
  /// The folder.
  public let folder: String
  /// The names of all tensors as callers see them, sorted.
  public let names: [String]
  /// The files with weights, sorted.
  public let files: [String]
  /// An index of shards beside `model.safetensors`, which is passed over: one of the two is of another time; nil where there
  /// is none.
  public let ignoredIndex: String?
  /// A file of tensors made from this checkpoint, which are read from there instead of being made again.
  public var derived: SafeTensorsFile?
  private let shards: [SafeTensorsFile]
  private let places: [String: (shard: Int, stored: String)]

  /// Opens `model.safetensors`, which goes first as it does in transformers, or all shards that
  /// `model.safetensors.index.json` names.
  ///
  /// - Parameters:
  ///   - prefix: What is taken off the names, or put before them, so that they are those of one class.
  ///   - asStored: Whether the names are those of the files and none is changed.
  /// - Throws: a `Diagnostic` where a file is missing or broken, or a shard lacks a tensor of the index.
  public init(folder: String, prefix: TensorPrefix = .none, asStored: Bool = false) throws(Diagnostic) {
    let single = folder + "/model.safetensors"
    let index = single + ".index.json"
    var stored: [(shard: Int, name: String)] = []
    var ignored: String?
    if FileManager.default.fileExists(atPath: single) {
      if FileManager.default.fileExists(atPath: index) {
        let map = try? Self.weightMap(index)
        if map?.allSatisfy({ $0.file == "model.safetensors" }) != true { ignored = index }
      }
      shards = [try SafeTensorsFile(path: single)]
      stored = shards[0].names.map { (0, $0) }
    } else if FileManager.default.fileExists(atPath: index) {
      let map = try Self.weightMap(index)
      let fileNames = Set(map.map(\.file)).sorted()
      var shards: [SafeTensorsFile] = []
      for name in fileNames { shards.append(try Self.shard(name, in: folder, index: index)) }
      for (name, file) in map {
        guard let shard = fileNames.firstIndex(of: file) else { continue }
        _ = try shards[shard].entry(name)
        stored.append((shard, name))
      }
      if asStored { try Self.checkIndex(index, map, zip(fileNames, shards)) }
      self.shards = shards
    } else {
      throw Self.nothing(in: folder)
    }
    var places: [String: (shard: Int, stored: String)] = [:]
    for (shard, name) in stored {
      let seen = asStored ? name : Self.visibleName(name, prefix)
      if let other = places[seen] {
        throw Diagnostic(
          "'\(other.stored)' and '\(name)' are two names of one tensor", at: Place(file: shards[shard].path))
      }
      places[seen] = (shard, name)
    }
    self.folder = folder
    derived = nil
    self.places = places
    ignoredIndex = ignored
    files = shards.map(\.path)
    names = places.keys.sorted()
  }

  /// Whether it has a tensor of that name.
  public func has(_ name: String) -> Bool { places[name] != nil }

  /// The file that a tensor lies in.
  public func file(of name: String) throws(Diagnostic) -> String { try place(name).file.path }

  /// A tensor of exactly that shape: one size n as (1, n).
  ///
  /// F32 is a view of the mapped file, and so are tensors of the derived one.
  /// - Throws: a `Diagnostic` where it is missing or has another shape.
  public func matrix(_ name: String, shape: [Int]) throws(Diagnostic) -> Matrix {
    try check(name, shape: shape)
    if let derived = derived(name, shape: shape) { return derived }
    let (file, stored) = try place(name)
    return try file.matrix(stored)
  }

  /// Matrices of one width below each other, as a tensor of their own.
  ///
  /// - Parameter name: What it is called in the derived file, where it is read if it is there.
  /// - Throws: a `Diagnostic` where one is missing or has another shape.
  public func stacked(_ name: String, _ parts: [String], rows: Int, columns: Int) throws(Diagnostic) -> Matrix
  {
    if let derived = derived(name, shape: [parts.count * rows, columns]) { return derived }
    let all = Matrix(rows: parts.count * rows, columns: columns)
    for (i, part) in parts.enumerated() {
      all.rows(i * rows..<(i + 1) * rows).copy(from: try matrix(part, shape: [rows, columns]))
    }
    return all
  }

  private func derived(_ name: String, shape: [Int]) -> Matrix? {
    guard let derived, let entry = try? derived.entry(name), entry.shape == shape, entry.type == .float32
    else {
      return nil
    }
    return try? derived.matrix(name)
  }

  /// Checks that a tensor is there, of that shape and of floating-point numbers; nothing is read.
  ///
  /// - Throws: a `Diagnostic` where it is not.
  public func check(_ name: String, shape: [Int]) throws(Diagnostic) {
    let (file, stored) = try place(name)
    let found = try file.entry(stored).shape
    guard found == shape else {
      throw Diagnostic(
        "the tensor has shape \(found), the model needs \(shape)", at: try location(of: name))
    }
    _ = try file.stored(stored)
  }

  /// The place of a tensor: its file, and its name there.
  public func location(of name: String) throws(Diagnostic) -> Place {
    let (file, stored) = try place(name)
    return Place(file: file.path, detail: "tensor '\(stored)'")
  }

  /// What a tensor is and where it lies in its file.
  public func entry(_ name: String) throws(Diagnostic) -> TensorEntry {
    let (file, stored) = try place(name)
    return try file.entry(stored)
  }

  /// A tensor's numbers, to be read in blocks; nothing is read yet.
  public func stored(_ name: String) throws(Diagnostic) -> StoredFloats {
    let (file, stored) = try place(name)
    return try file.stored(stored)
  }

  /// The bytes of a tensor, as stored.
  public func bytes(_ name: String) throws(Diagnostic) -> [UInt8] {
    let (file, stored) = try place(name)
    return try file.bytes(stored)
  }

  private func place(_ name: String) throws(Diagnostic) -> (file: SafeTensorsFile, stored: String) {
    guard let place = places[name] else {
      let hint = nearestName(to: name, among: names).map { "did you mean '\($0)'?" }
      throw Diagnostic(
        "the checkpoint has no tensor '\(name)'", at: Place(file: files.first ?? folder), hint: hint)
    }
    return (shards[place.shard], place.stored)
  }

  private static func weightMap(_ index: String) throws(Diagnostic) -> [(name: String, file: String)] {
    let json = try JSONFile(path: index)
    let members = try json.required("weight_map", "an object") { $0.members }
    var map: [(name: String, file: String)] = []
    for member in members {
      guard let file = member.value.text, !file.contains("/") else {
        throw Diagnostic("'\(member.name)' must name a file of this folder", at: Place(file: index))
      }
      map.append((member.name, file))
    }
    return map.sorted { $0.name < $1.name }
  }

  /// Refuses tensors of the shards that the index does not send there: they would be left out without a word.
  private static func checkIndex(
    _ index: String, _ map: [(name: String, file: String)],
    _ shards: Zip2Sequence<[String], [SafeTensorsFile]>
  ) throws(Diagnostic) {
    let files = Dictionary(map.map { ($0.name, $0.file) }) { first, _ in first }
    for (file, shard) in shards {
      guard let name = shard.names.first(where: { files[$0] != file }) else { continue }
      throw Diagnostic(
        files[name].map { "'\(name)' lies in the shard '\(file)' too, not only in '\($0)'" }
          ?? "the index leaves '\(name)' of the shard '\(file)' out", at: Place(file: index),
        hint: "the files are of different models, it seems: fetch or save the model again")
    }
  }

  private static func isPickle(_ file: String) -> Bool {
    ["pytorch_model", "consolidated"].contains { file.hasPrefix($0) }
      && [".bin", ".pt", ".pth"].contains { file.hasSuffix($0) }
  }

  private static func nothing(in folder: String) -> Diagnostic {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder).sorted()) ?? []
    var hint: String?
    if let shard = files.first(where: { $0.hasPrefix("model") && $0.hasSuffix(".safetensors") }) {
      hint = "'\(shard)' is there without an index: fetch model.safetensors.index.json too"
    } else if let pickled = files.first(where: { isPickle($0) }) {
      hint =
        "\(pickled) is not read, as a pickle may hold any program: save the model as safetensors, with transformers' "
        + "save_pretrained"
    } else if let other = files.first(where: { $0.hasSuffix(".gguf") || $0.hasSuffix(".h5") }) {
      hint = "\(other) is not read: save the model as safetensors"
    }
    return Diagnostic(
      "the folder holds no model.safetensors and no model.safetensors.index.json", at: Place(file: folder),
      hint: hint)
  }

  private static func shard(_ name: String, in folder: String, index: String) throws(Diagnostic)
    -> SafeTensorsFile
  {
    let path = folder + "/" + name
    guard FileManager.default.fileExists(atPath: path) else {
      throw Diagnostic(
        "the shard '\(name)' is missing", at: Place(file: index), hint: "fetch the model again")
    }
    return try SafeTensorsFile(path: path)
  }

  private static func visibleName(_ stored: String, _ prefix: TensorPrefix) -> String {
    todaysName(prefix.visible(stored))
  }

  /// The name that today's transformers has for a tensor: layer norms were called gamma and beta.
  public static func todaysName(_ name: String) -> String {
    for (old, new) in [("LayerNorm.gamma", "LayerNorm.weight"), ("LayerNorm.beta", "LayerNorm.bias")]
    where name.hasSuffix(old) {
      return name.dropLast(old.count) + new
    }
    return name
  }
}
