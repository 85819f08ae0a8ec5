internal import Basics

/// A tensor of a checkpoint that is going to be written.
public struct PlannedTensor: Sendable, Hashable {
  /// Its name.
  public var name: String
  /// What its numbers are.
  public var type: TensorType
  /// Its sizes, outermost first.
  public var shape: [Int]

  /// Plans a tensor.
  public init(name: String, type: TensorType, shape: [Int]) {
    self.name = name
    self.type = type
    self.shape = shape
  }

  /// Bytes of its numbers.
  public var bytes: Int { shape.reduce(type.bytes, *) }
}

/// Which file and which bytes each tensor of a checkpoint gets, known before the first number is.
public struct CheckpointLayout: Sendable {
  /// A file of the checkpoint.
  struct Shard: Sendable {
    let name: String
    let header: [UInt8]
    /// Header and tensors.
    let bytes: Int
  }

  /// The tensors in the order of the files.
  public let tensors: [PlannedTensor]
  /// `model.safetensors`, or numbered shards with `model.safetensors.index.json`.
  public var files: [String] {
    shards.map(\.name) + (shards.count > 1 ? [Self.indexName] : [])
  }
  /// Bytes of all tensors.
  public var bytes: Int { tensors.reduce(0) { $0 + $1.bytes } }

  static let indexName = "model.safetensors.index.json"
  let shards: [Shard]
  /// Per tensor, its shard and its first byte there.
  let places: [(shard: Int, offset: Int)]

  /// Fills files one after the other; a tensor larger than a shard has one to itself.
  ///
  /// - Parameters:
  ///   - tensors: In the order in which they shall lie.
  ///   - largest: The most bytes of tensors in a file.
  public init(_ tensors: [PlannedTensor], largestShard largest: Int) throws {
    self.tensors = tensors
    var groups: [[Int]] = [[]]
    var filled = 0
    for (index, tensor) in tensors.enumerated() {
      if filled > 0, filled + tensor.bytes > largest {
        groups.append([])
        filled = 0
      }
      groups[groups.count - 1].append(index)
      filled += tensor.bytes
    }
    var shards: [Shard] = []
    var places: [(shard: Int, offset: Int)] = []
    for (number, group) in groups.enumerated() {
      let header = try Self.header(group.map { tensors[$0] })
      var offset = header.count
      for index in group {
        places.append((number, offset))
        offset += tensors[index].bytes
      }
      shards.append(Shard(name: Self.name(number, of: groups.count), header: header, bytes: offset))
    }
    self.shards = shards
    self.places = places
  }

  private static func name(_ number: Int, of count: Int) -> String {
    if count == 1 { return "model.safetensors" }
    func five(_ number: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
    return "model-\(five(number + 1))-of-\(five(count)).safetensors"
  }

  /// Length and JSON of a file's header.
  private static func header(_ tensors: [PlannedTensor]) throws -> [UInt8] {
    var parts = [#""__metadata__":{"format":"pt"}"#]
    var offset = 0
    for tensor in tensors {
      let end = offset + tensor.bytes
      let name = String(decoding: try StableHash.canonicalJSON(tensor.name), as: UTF8.self)
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      parts.append(
        #"\#(name):{"dtype":"\#(tensor.type.rawValue)","shape":[\#(shape)],"data_offsets":[\#(offset),\#(end)]}"#
      )
      offset = end
    }
    let text = Array("{\(parts.joined(separator: ","))}".utf8)
    let json = text + Array(repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
    return (0..<8).map { UInt8(truncatingIfNeeded: json.count >> (8 * $0)) } + json
  }

  /// The text of the index; empty for a single file.
  func index() throws -> [UInt8] {
    struct Index: Encodable {
      let metadata: [String: Int]
      let weightMap: [String: String]
      enum CodingKeys: String, CodingKey {
        case metadata
        case weightMap = "weight_map"
      }
    }
    var map: [String: String] = [:]
    for (tensor, place) in zip(tensors, places) { map[tensor.name] = shards[place.shard].name }
    return try JSONFile.bytes(Index(metadata: ["total_size": bytes], weightMap: map))
  }
}
