internal import Basics
internal import Checkpoints
internal import Foundation
public import LinearAlgebra

/// Makes a Hugging Face folder of a model in a file of another format.
public enum ModelImporter {
  /// How numbers are written and how the work is done.
  public struct Options: Sendable {
    /// How numbers are stored; not `float64`.
    public var format: StoredFloats.Format
    /// The most bytes of tensors in a file.
    public var largestShard: Int
    /// Tensors that are read and written at once; changes no byte.
    public var threads: Int
    /// Told now and then how many bytes of how many are written.
    public var progress: @Sendable (_ done: Int, _ total: Int) -> Void

    /// Collects options.
    public init(
      format: StoredFloats.Format, largestShard: Int, threads: Int,
      progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) {
      precondition(format != .float64, "nothing is written as float64")
      self.format = format
      self.largestShard = largestShard
      self.threads = threads
      self.progress = progress
    }
  }

  /// What an import wrote.
  public struct Outcome: Sendable {
    /// What the model is, in a few words.
    public var model: String
    /// What its tokenizer is, in a few words.
    public var tokenizer: String
    /// Tokens.
    public var tokens: Int
    /// Tensors.
    public var tensors: Int
    /// Numbers of all tensors.
    public var parameters: Int
    /// Bytes of all tensors.
    public var bytes: Int
    /// The files, sorted.
    public var files: [String]
    /// What a user should know.
    public var notes: [String]
  }

  /// Reads a model and writes its folder, whole or not at all; one that is there is replaced.
  ///
  /// - Parameters:
  ///   - path: The model's file.
  ///   - tokenizer: The file with its tokenizer, for formats that have one apart.
  /// - Throws: a `Diagnostic` for what cannot be read, is not known, has no number near it in the format, or cannot be
  ///   written.
  public static func write(
    _ path: String, tokenizer: String?, into folder: String, options: Options
  ) throws -> Outcome {
    let model = try ImportFormats.open(path, tokenizer: tokenizer)
    let layout = try CheckpointLayout(
      model.tensors.map { PlannedTensor(name: $0.name, type: type(options.format), shape: $0.shape) },
      largestShard: options.largestShard)
    let file = try model.tokenizer.file()
    try FolderAttempt.checkRoom(
      for: layout.bytes, in: folder, taken: "the model takes", orElse: "--dtype bfloat16")
    return try FolderAttempt.write(folder) { attempt in
      try TensorCopies(model, layout, attempt, options).run()
      let context = model.configuration.first {
        ["max_position_embeddings", "n_positions"].contains($0.name)
      }
      let named: [(String, JSON)] = [
        ("config.json", configuration(model, options.format)),
        ("generation_config.json", model.tokenizer.generation),
        ("tokenizer.json", file),
        ("tokenizer_config.json", model.tokenizer.settings(context: context?.value.integer ?? 0)),
      ]
      for (name, json) in named {
        try AtomicFile.write("\(attempt)/\(name)") { try $0.append(json.document) }
      }
      return Outcome(
        model: model.words, tokenizer: model.tokenizer.words, tokens: model.tokenizer.tokens.count,
        tensors: layout.tensors.count,
        parameters: layout.tensors.reduce(0) { $0 + $1.shape.reduce(1, *) }, bytes: layout.bytes,
        files: (layout.files + named.map(\.0)).sorted(), notes: model.notes)
    }
  }

  /// Whether a file of a folder is one that an import writes.
  public static func writes(_ name: String) -> Bool {
    ["config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"].contains(name)
      || name.wholeMatch(of: /model(-\d{5,}-of-\d{5,})?\.safetensors|model\.safetensors\.index\.json/) != nil
  }

  private static func configuration(_ model: ImportedModel, _ format: StoredFloats.Format) -> JSON {
    let word =
      switch format {
      case .float16: "float16"
      case .bfloat16: "bfloat16"
      case .float32, .float64: "float32"
      }
    return .object(.init(model.configuration + [("torch_dtype", .text(word))]))
  }

  private static func type(_ format: StoredFloats.Format) -> TensorType {
    switch format {
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .float32, .float64: .float32
    }
  }
}

/// The tensors of a model on their way into a checkpoint, several at once.
private final class TensorCopies: Sendable {
  private let model: ImportedModel
  private let writer: CheckpointWriter
  private let options: ModelImporter.Options
  private let done = Lock(0)

  init(
    _ model: ImportedModel, _ layout: CheckpointLayout, _ folder: String, _ options: ModelImporter.Options
  ) throws {
    self.model = model
    self.options = options
    writer = try CheckpointWriter(layout, folder: folder)
  }

  func run() throws {
    let sizes = writer.layout.tensors.map(\.bytes)
    // The largest first, so that no thread is left alone with one at the end.
    let order = sizes.indices.sorted { (sizes[$1], $0) < (sizes[$0], $1) }
    _ = try collected(order.count, lanes: options.threads) { try copy(order[$0]) }
    try writer.finish()
  }

  private func copy(_ index: Int) throws {
    let tensor = model.tensors[index]
    var encoder = FloatEncoder(options.format)
    var offset = 0
    try TensorRows(tensor: tensor).forEachBlock { block in
      if let excess = WrittenNumbers.excess(of: block, in: options.format) { throw refusal(tensor, excess) }
      encoder.encode(block)
      try writer.write(encoder.bytes.span, tensor: index, at: offset)
      offset += encoder.bytes.count
      let written = encoder.bytes.count
      let total = writer.layout.bytes
      options.progress(
        done.withLock { done in
          done += written
          return done
        }, total)
    }
    tensor.numbers.discard()
    writer.finish(tensor: index)
  }

  private func refusal(_ tensor: ImportedTensor, _ excess: WrittenNumbers.Excess) -> Diagnostic {
    switch excess {
    case .notFinite:
      Diagnostic(
        "the tensor holds NaN or infinity", at: tensor.place, hint: "fetch or make the model again")
    case .tooLarge:
      Diagnostic(
        "the tensor holds numbers too large for float16", at: tensor.place,
        hint: "write --dtype bfloat16 or float32")
    }
  }
}
