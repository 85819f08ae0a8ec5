internal import Basics
internal import Checkpoints

/// The sizes of a decoder as its GGUF file says them.
struct DecoderKeys: Sendable {
  let file: GGUFFile
  /// The word of `general.architecture`.
  let architecture: String
  let blocks: Int
  let width: Int
  let feedForward: Int
  let heads: Int
  let keyValueHeads: Int
  let headSize: Int
  let context: Int
  let epsilon: Float
  let ropeBase: Float
  /// Rows of the embeddings: as many as tokens, or some more.
  let vocabulary: Int
  /// Whether logits are products with the embeddings.
  let isTied: Bool
  private let tensorNames: Set<String>

  /// What all decoders may say of themselves.
  private static let common = [
    "block_count", "context_length", "embedding_length", "feed_forward_length", "vocab_size",
    "attention.head_count", "attention.head_count_kv", "attention.key_length", "attention.value_length",
    "rope.dimension_count", "rope.freq_base", "expert_count", "expert_used_count", "tensor_data_layout",
  ]

  private static let sizes = 1...1 << 31

  /// Reads the keys of an architecture.
  ///
  /// - Throws: a `Diagnostic` where one is missing, wrong or unknown.
  init(_ file: GGUFFile, _ row: DecoderArchitecture) throws {
    self.file = file
    architecture = row.name
    func size(_ name: String) throws -> Int {
      let key = "\(row.name).\(name)"
      guard let size = try file.whole(key, in: Self.sizes) else {
        throw Diagnostic("the key '\(key)' is missing", at: Place(file: file.path))
      }
      return size
    }
    func optional(_ name: String) throws -> Int? { try file.whole("\(row.name).\(name)", in: Self.sizes) }
    blocks = try size("block_count")
    width = try size("embedding_length")
    feedForward = try size("feed_forward_length")
    heads = try size("attention.head_count")
    context = try size("context_length")
    keyValueHeads = try optional("attention.head_count_kv") ?? heads
    headSize = try optional("attention.key_length") ?? max(1, width / heads)
    guard let epsilon = try file.single("\(row.name).\(row.epsilonKey)") else {
      throw Diagnostic("the key '\(row.name).\(row.epsilonKey)' is missing", at: Place(file: file.path))
    }
    self.epsilon = epsilon
    // What llama.cpp takes where a file says nothing.
    ropeBase = try file.single("\(row.name).rope.freq_base") ?? 10_000
    let embeddings = file.tensors.first { $0.name == "token_embd.weight" }
    vocabulary = embeddings?.shape.first ?? 0
    tensorNames = Set(file.tensors.map(\.name))
    isTied = !tensorNames.contains("output.weight")
    try check(row, valueSize: try optional("attention.value_length"))
  }

  /// Whether a tensor is there.
  func has(_ tensor: String) -> Bool { tensorNames.contains(tensor) }

  /// The place of a key of the architecture.
  func place(_ name: String) -> Place { file.place(key: "\(architecture).\(name)") }

  private func check(_ row: DecoderArchitecture, valueSize: Int?) throws(Diagnostic) {
    let prefix = row.name + "."
    for key in file.keys where key.hasPrefix(prefix) {
      let name = String(key.dropFirst(prefix.count))
      guard !Self.common.contains(name), name != row.epsilonKey, !row.keys.contains(name) else { continue }
      throw Diagnostic(
        "the key is not known for models of the architecture '\(row.name)'", at: place(name),
        hint: "what it asks for is not known, and a model imported without it could give other answers")
    }
    if let experts = try file.whole(prefix + "expert_count", in: 0...1 << 31), experts > 0 {
      throw Diagnostic(
        "the model is a mixture of \(experts) experts, which is not read", at: place("expert_count"))
    }
    if let valueSize, valueSize != headSize {
      throw Diagnostic(
        "values of \(valueSize) numbers a head beside keys of \(headSize) are not read",
        at: place("attention.value_length"))
    }
    guard heads % keyValueHeads == 0 else {
      throw Diagnostic(
        "\(heads) heads do not divide into \(keyValueHeads) groups", at: place("attention.head_count_kv"))
    }
    if file.value(prefix + "attention.key_length") == nil, width % heads != 0 {
      throw Diagnostic(
        "a width of \(width) does not divide into \(heads) heads", at: place("attention.head_count"))
    }
    if let rotated = try file.whole(prefix + "rope.dimension_count", in: 0...1 << 31), rotated > 0,
      rotated != headSize
    {
      throw Diagnostic(
        "positions rotate \(rotated) of the \(headSize) numbers of a head, which is not read",
        at: place("rope.dimension_count"))
    }
    // More blocks than tensors are no blocks, and a list of their tensors could fill the memory.
    guard blocks <= file.tensors.count else {
      throw Diagnostic(
        "\(blocks) blocks cannot be made of \(file.tensors.count) tensors", at: place("block_count"),
        hint: "fetch or write the file again")
    }
  }
}
