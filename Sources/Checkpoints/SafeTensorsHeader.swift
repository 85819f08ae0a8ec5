internal import Basics
public import LinearAlgebra

/// What a number of a stored tensor is.
public enum TensorType: String, Sendable, Hashable, CaseIterable {
  /// IEEE 754, 64 bits.
  case float64 = "F64"
  /// IEEE 754, 32 bits.
  case float32 = "F32"
  /// IEEE 754, 16 bits.
  case float16 = "F16"
  /// The upper half of a 32-bit float.
  case bfloat16 = "BF16"
  /// Signed, 64 bits.
  case int64 = "I64"
  /// Signed, 32 bits.
  case int32 = "I32"
  /// Signed, 16 bits.
  case int16 = "I16"
  /// Signed, 8 bits.
  case int8 = "I8"
  /// Unsigned, 8 bits.
  case uint8 = "U8"
  /// One byte, 0 or 1.
  case flag = "BOOL"

  /// Bytes of a number.
  public var bytes: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .float16, .bfloat16, .int16: 2
    case .int8, .uint8, .flag: 1
    }
  }

  /// How its floating-point numbers are stored; nil for whole numbers.
  public var format: StoredFloats.Format? {
    switch self {
    case .float64: .float64
    case .float32: .float32
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .int64, .int32, .int16, .int8, .uint8, .flag: nil
    }
  }
}

/// Where a tensor lies in a file and what it is.
public struct TensorEntry: Sendable, Hashable {
  /// What its numbers are.
  public let type: TensorType
  /// Its sizes, outermost first; empty for a single number.
  public let shape: [Int]
  /// Its bytes in the file.
  public let bytes: Range<Int>

  /// How many numbers it has.
  public var count: Int { shape.reduce(1, *) }
}

/// The header of a safetensors file: u64 length, little-endian, then JSON; offsets count from the end of the header.
struct SafeTensorsHeader {
  /// The format's own limit.
  static let longest = 100_000_000

  let path: String
  let entries: [String: TensorEntry]
  let metadata: [String: String]

  /// Checks everything that later reads rely on.
  init(_ json: [UInt8], dataStart: Int, fileSize: Int, path: String) throws(Diagnostic) {
    self.path = path
    let tree: JSON
    do { tree = try JSON(json, file: path) } catch {
      throw Diagnostic("the header of the safetensors file is \(error.what)", at: Place(file: path))
    }
    guard let members = tree.members else {
      throw Diagnostic(
        "the header of the safetensors file is \(tree.kind), not an object", at: Place(file: path))
    }
    var entries: [String: TensorEntry] = [:]
    var metadata: [String: String] = [:]
    for member in members {
      if member.name == "__metadata__" {
        for item in member.value.members ?? .init() { metadata[item.name] = item.value.text ?? "" }
      } else {
        let place = Place(file: path, detail: "tensor '\(member.name)'")
        let entry = try Self.entry(member.value, dataStart: dataStart, fileSize: fileSize, place: place)
        guard entries.updateValue(entry, forKey: member.name) == nil else {
          throw Diagnostic("another tensor has the same name in other bytes (é and e + accent)", at: place)
        }
      }
    }
    self.entries = entries
    self.metadata = metadata
    try checkCoverage(dataStart: dataStart, fileSize: fileSize)
  }

  /// Whether numbers of a type are those of quantised weights: of 8 bits and fewer, or scales of such.
  private static func isQuantised(_ word: String) -> Bool {
    ["F8", "F6", "F4", "I4", "U4", "E8M0"].contains { word.hasPrefix($0) }
  }

  private static func entry(
    _ tree: JSON, dataStart: Int, fileSize: Int, place: Place
  ) throws(Diagnostic) -> TensorEntry {
    guard let word = tree["dtype"]?.text, let shape = tree["shape"]?.list,
      let offsets = tree["data_offsets"]?.list
    else { throw Diagnostic("the header must give dtype, shape and data_offsets", at: place) }
    guard let type = TensorType(rawValue: word) else {
      throw Diagnostic(
        "numbers of type '\(word)' are not known", at: place,
        hint: (isQuantised(word) ? "the model is quantised: \(CheckpointConfiguration.dequantise); " : "")
          + "known: \(TensorType.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    var size = type.bytes
    var sizes: [Int] = []
    for item in shape {
      guard let length = item.integer, length >= 0 else {
        throw Diagnostic("a shape must be whole numbers from 0", at: place)
      }
      let (product, overflow) = size.multipliedReportingOverflow(by: length)
      guard !overflow else { throw Diagnostic("the shape is too large", at: place) }
      size = product
      sizes.append(length)
    }
    let ends = offsets.compactMap(\.integer)
    guard offsets.count == 2, ends.count == 2, ends[0] >= 0, ends[0] <= ends[1] else {
      throw Diagnostic("data_offsets must be two whole numbers, the first not above the second", at: place)
    }
    let available = fileSize - dataStart
    guard ends[1] <= available else {
      throw Diagnostic(
        "the data should end at byte \(ends[1]) but the file has only \(available): it was cut short",
        at: place,
        hint: "fetch or write the file again")
    }
    guard ends[1] - ends[0] == size else {
      throw Diagnostic(
        "shape \(sizes) of \(word) takes \(size) bytes, the header gives \(ends[1] - ends[0])", at: place)
    }
    return TensorEntry(type: type, shape: sizes, bytes: dataStart + ends[0]..<dataStart + ends[1])
  }

  /// Tensors lie end to end: nothing overlaps, nothing is left over.
  private func checkCoverage(dataStart: Int, fileSize: Int) throws(Diagnostic) {
    let order = entries.sorted {
      ($0.value.bytes.lowerBound, $0.value.bytes.upperBound, $0.key)
        < ($1.value.bytes.lowerBound, $1.value.bytes.upperBound, $1.key)
    }
    var end = dataStart
    var last = ""
    for (name, entry) in order {
      let place = Place(file: path, detail: "tensor '\(name)'")
      if entry.bytes.lowerBound < end { throw Diagnostic("the data overlaps tensor '\(last)'", at: place) }
      if entry.bytes.lowerBound > end {
        throw Diagnostic(
          "\(entry.bytes.lowerBound - end) bytes before the data belong to no tensor", at: place)
      }
      end = entry.bytes.upperBound
      last = name
    }
    if end != fileSize {
      throw Diagnostic("\(fileSize - end) bytes at the end belong to no tensor", at: Place(file: path))
    }
  }
}
