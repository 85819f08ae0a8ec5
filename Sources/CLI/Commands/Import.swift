import ArgumentParser
import Basics
import Foundation
import LinearAlgebra
import Machine
import Recipes
import Terminal

/// Makes a Hugging Face folder of a model in another format.
struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes a Hugging Face folder of a GGUF file, weights dequantised, with its tokenizer.",
    discussion: """
      Read are GGUF files of decoders (llama.cpp's; Llama, Mistral, Qwen2, Qwen3, Phi-3 and GPT-2) with numbers in F32, \
      F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K and Q6_K, and files of llama2.c with their vocabulary:

        mixology import SmolLM2-135M-Instruct.Q4_1.gguf smollm2
        mixology import stories260K.bin stories --tokenizer tok512.bin

      By default numbers are written as float32, 4 bytes each, as that is exact for whatever a file holds. bfloat16 and \
      float16 take half of it, which is exact for files of that type, and rounds all others to 8 and 11 significant bits.
      """)

  @Argument(help: "The model: a .gguf, or a .bin of llama2.c.", transform: { UserPath.expanded($0) })
  var model: String

  @Argument(help: "The folder to be made.", transform: { UserPath.expanded($0) })
  var output: String

  @Option(help: "How numbers are written: float32, bfloat16 or float16.")
  var dtype = NumberType.float32

  @Option(help: "The vocabulary of a model of llama2.c.", transform: { UserPath.expanded($0) })
  var tokenizer: String?

  @Option(help: "The most bytes of tensors in a file: 5GB, 500MB.")
  var maxShardSize = "5GB"

  @Option(help: "Tensors that are read at once; by default one per core.")
  var threads: Int?

  @Flag(help: "Replaces an earlier import in the output folder.")
  var force = false

  @Flag(name: .shortAndLong, help: "Prints what was written, nothing else.")
  var quiet = false

  /// How numbers of a checkpoint are written.
  enum NumberType: String, ExpressibleByArgument, CaseIterable {
    case float32, bfloat16, float16

    var format: StoredFloats.Format {
      switch self {
      case .float32: .float32
      case .bfloat16: .bfloat16
      case .float16: .float16
      }
    }
  }

  func validate() throws {
    if let threads { try atLeastOne(threads, "threads") }
  }

  func run() throws {
    let shard = try OutputFolder.bytes(maxShardSize)
    try OutputFolder.check(output, isForced: force, isOwn: ModelImporter.writes)
    let watch = ByteWatch("written")
    let isQuiet = quiet
    let outcome = try ModelImporter.write(
      model, tokenizer: tokenizer, into: output,
      options: .init(
        format: dtype.format, largestShard: shard, threads: threads ?? MachineFacts.cores,
        progress: { if !isQuiet { watch.tell($0, of: $1) } }))
    Console.status(nil)
    if !quiet {
      for note in outcome.notes { Console.note("note: \(note)") }
      Console.print(
        """
        \(outcome.model): \(grouped(outcome.tensors)) tensors, \(grouped(outcome.parameters)) parameters, \
        \(spoken(bytes: outcome.bytes)) as \(dtype.rawValue) in \(spoken(seconds: watch.seconds))
        tokenizer: \(outcome.tokenizer), \(grouped(outcome.tokens)) tokens
        """)
    }
    Console.print("written: \(output)/\(outcome.files.joined(separator: ", "))")
  }
}
