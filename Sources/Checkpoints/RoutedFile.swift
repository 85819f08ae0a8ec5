public import Adapters
public import Basics
internal import Foundation
internal import LinearAlgebra

/// Routed models on disk: `routed.json` says what there is, `routed.safetensors` has the matrices, `masks.bin` the masks.
///
/// Tensors: `unified.<layer>.lora_A`, `.lora_B`, `full.<layer>`, `part.<i>.<layer>.lora_A`, `.lora_B`,
/// `correction.<i>.down`, `.up`, `gate.<layer>`, `gate.index`, `gate.weight`, `gate.bias`. Scales are in the factors B.
/// Masks lie end to end in the order of parts and layers of `routed.json`, each from a byte of its own.
public enum RoutedFile {
  /// The names of the files.
  public static let names = ["routed.json", "routed.safetensors", "masks.bin"]

  /// `routed.json`.
  private struct Record: Codable {
    struct Part: Codable {
      var name: String
      var tasks: [String]
      var hasChange: Bool
      var scale: Double
      var masks: [Mask]
      var hasCorrection: Bool
    }
    struct Mask: Codable {
      var layer: String
      var rows: Int
      var columns: Int
    }
    struct Neighbours: Codable {
      var owners: [Int]
      var neighbours: Int
      var experts: Int
      var together: Bool
    }
    struct Token: Codable {
      var measure: TokenGate.Measure
      var temperature: Double
      var experts: Int
      var width: Int
    }
    var method: String
    var hasUnified: Bool
    var parts: [Part]
    /// `task`, `text` or `token`.
    var gate: String
    var readsUnified: Bool?
    var neighbours: Neighbours?
    var linearExperts: Int?
    var token: Token?
  }

  /// Writes a model; the folder is made where it is missing.
  ///
  /// - Returns: the bytes of its files.
  public static func write(_ model: RoutedModel, to folder: String) throws -> Int {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw Diagnostic("cannot make the folder", at: Place(file: folder))
    }
    var record = Record(
      method: model.method, hasUnified: model.unified != nil,
      parts: model.parts.map { part in
        Record.Part(
          name: part.name, tasks: part.tasks, hasChange: part.change != nil, scale: part.scale,
          masks: part.masks.map { .init(layer: $0.path, rows: $0.mask.rows, columns: $0.mask.columns) },
          hasCorrection: part.correction != nil)
      }, gate: "task")
    var tensors = model.full.map { NamedTensor("full.\($0.path)", $0.change) }
    if let unified = model.unified { tensors += factors(unified, "unified") }
    for (index, part) in model.parts.enumerated() {
      if let change = part.change { tensors += factors(change, "part.\(index)") }
      if let correction = part.correction {
        tensors.append(NamedTensor("correction.\(index).down", correction.down))
        tensors.append(NamedTensor("correction.\(index).up", correction.up))
      }
    }
    add(model.gate, to: &record, &tensors)
    try JSONFile.write(record, to: folder + "/" + names[0])
    try SafeTensorsWriter.write(tensors, to: folder + "/" + names[1])
    let masks = model.parts.flatMap(\.masks)
    if !masks.isEmpty {
      try AtomicFile.write(folder + "/" + names[2]) { file in
        for (_, mask) in masks { try file.append(mask.bytes) }
      }
    }
    return names.reduce(0) { sum, name in
      let size = try? FileManager.default.attributesOfItem(atPath: folder + "/" + name)[.size] as? Int
      return sum + (size ?? 0)
    }
  }

  private static func factors(_ adapter: Adapter, _ prefix: String) -> [NamedTensor] {
    adapter.sites.flatMap { path, delta in
      [
        NamedTensor("\(prefix).\(path).lora_A", delta.a),
        NamedTensor("\(prefix).\(path).lora_B", scaled(delta.b, by: Float(adapter.scale(of: delta)))),
      ]
    }
  }

  private static func scaled(_ matrix: Matrix, by factor: Float) -> Matrix {
    if factor == 1 { return matrix }
    return Matrix(rows: matrix.rows, columns: matrix.columns, values: matrix.values.map { $0 * factor })
  }

  private static func add(_ gate: RoutedModel.Gate, to record: inout Record, _ tensors: inout [NamedTensor]) {
    switch gate {
    case .task: break
    case .text(let gate):
      record.gate = "text"
      record.readsUnified = gate.readsUnified
      switch gate.rule {
      case .neighbours(let index, let owners, let neighbours, let experts, let together):
        record.neighbours = .init(
          owners: owners, neighbours: neighbours, experts: experts, together: together)
        tensors.append(NamedTensor("gate.index", index))
      case .linear(let weight, let bias, let experts):
        record.linearExperts = experts
        tensors += [NamedTensor("gate.weight", weight), NamedTensor("gate.bias", bias)]
      }
    case .token(let gate):
      record.gate = "token"
      record.token = .init(
        measure: gate.measure, temperature: gate.temperature, experts: gate.experts, width: gate.width)
      tensors += gate.directions.map { NamedTensor("gate.\($0.path)", $0.rows) }
    }
  }

  /// Reads a model; matrices are views of the mapped file.
  ///
  /// - Throws: a `Diagnostic` for what is broken.
  public static func read(_ folder: String) throws(Diagnostic) -> RoutedModel {
    let path = folder + "/" + names[0]
    let bytes = try InputFile.bytes(path, hint: nil)
    guard let record = try? JSONDecoder().decode(Record.self, from: Data(bytes)) else {
      throw Diagnostic("this is no record of a routed model", at: Place(file: path))
    }
    let file = try SafeTensorsFile(path: folder + "/" + names[1])
    var masks = try MaskReader(
      path: folder + "/" + names[2], isNeeded: record.parts.contains { !$0.masks.isEmpty })
    var parts: [RoutedModel.Part] = []
    for (index, part) in record.parts.enumerated() {
      var own: [(path: String, mask: BitMask)] = []
      for mask in part.masks {
        own.append((mask.layer, try masks.next(rows: mask.rows, columns: mask.columns)))
      }
      parts.append(
        RoutedModel.Part(
          name: part.name, tasks: part.tasks,
          change: part.hasChange ? try adapter(part.name, "part.\(index).", file) : nil, masks: own,
          scale: part.scale,
          correction: part.hasCorrection
            ? RoutedModel.Correction(
              down: try file.matrix("correction.\(index).down"), up: try file.matrix("correction.\(index).up")
            )
            : nil))
    }
    return RoutedModel(
      method: record.method, unified: record.hasUnified ? try adapter("unified", "unified.", file) : nil,
      full: try matrices("full.", file), parts: parts, gate: try gate(record, file))
  }

  private static func gate(_ record: Record, _ file: SafeTensorsFile) throws(Diagnostic) -> RoutedModel.Gate {
    if let token = record.token {
      return .token(
        TokenGate(
          measure: token.measure, temperature: token.temperature, experts: token.experts, width: token.width,
          directions: try matrices("gate.", file).map { ($0.path, $0.change) }))
    }
    guard let readsUnified = record.readsUnified else { return .task }
    if let known = record.neighbours {
      return .text(
        TextGate(
          readsUnified: readsUnified,
          rule: .neighbours(
            index: try file.matrix("gate.index"), owners: known.owners, neighbours: known.neighbours,
            experts: known.experts, together: known.together)))
    }
    return .text(
      TextGate(
        readsUnified: readsUnified,
        rule: .linear(
          weight: try file.matrix("gate.weight"), bias: try file.matrix("gate.bias"),
          experts: record.linearExperts ?? record.parts.count)))
  }

  private static func matrices(
    _ prefix: String, _ file: SafeTensorsFile
  ) throws(Diagnostic) -> [(path: String, change: Matrix)] {
    var all: [(path: String, change: Matrix)] = []
    for name in file.names where name.hasPrefix(prefix) {
      all.append((String(name.dropFirst(prefix.count)), try file.matrix(name)))
    }
    return all
  }

  private static func adapter(
    _ name: String, _ prefix: String, _ file: SafeTensorsFile
  ) throws(Diagnostic) -> Adapter {
    var sites: [(path: String, delta: AdapterSite)] = []
    for tensor in file.names where tensor.hasPrefix(prefix) && tensor.hasSuffix(".lora_A") {
      let path = String(tensor.dropFirst(prefix.count).dropLast(".lora_A".count))
      let (a, b) = (try file.matrix(tensor), try file.matrix("\(prefix)\(path).lora_B"))
      guard a.rows == b.columns else {
        throw Diagnostic("lora_A and lora_B of '\(path)' do not fit", at: Place(file: file.path))
      }
      sites.append((path, AdapterSite(a: a, b: b, alpha: Double(a.rows))))
    }
    return Adapter(name: name, sites: sites)
  }
}

/// The masks of a file, one after the other.
private struct MaskReader {
  let path: String
  private let bytes: [UInt8]
  private var offset = 0

  init(path: String, isNeeded: Bool) throws(Diagnostic) {
    self.path = path
    guard isNeeded else {
      bytes = []
      return
    }
    bytes = try InputFile.bytes(path, hint: nil)
  }

  mutating func next(rows: Int, columns: Int) throws(Diagnostic) -> BitMask {
    let end = offset + BitMask.size(rows: rows, columns: columns)
    guard rows >= 0, columns >= 0, end <= bytes.count else {
      throw Diagnostic("the masks are cut short", at: Place(file: path), hint: "write the file again")
    }
    defer { offset = end }
    return BitMask(rows: rows, columns: columns, bytes: Array(bytes[offset..<end]))
  }
}
