internal import Foundation
internal import Specs
internal import Tasks
internal import Tokenizers
internal import Training

extension JobPerformer {
  /// Tokens that a base made here can read.
  static let pretrainedPositions = 64

  /// Makes a tiny base from generated text.
  func pretrain(_ spec: PretrainSpec, into folder: URL, progress: Progress) throws -> TrainResult {
    let corpus = GeneratedSuite.corpus(world: spec.world, sentences: spec.sentences, seed: spec.seed)
    let vocabulary = WordPieceVocabulary.train(corpus, limit: 4000)
    let json = try WordPieceVocabulary.tokenizerJSON(vocabulary: vocabulary, lowercase: true)
    let tokenizer = try Tokenizer(json: json, path: "tokenizer.json")
    let pretrainer = Pretrainer(
      spec: spec, tokenizer: tokenizer, corpus: corpus, positions: Self.pretrainedPositions)
    let (result, curve) = try counted {
      try pretrainer.run { share, point in try progress(share, "loss \(rounded(point.loss))") }
    }
    try BaseFolder.write(
      pretrainer.network, of: pretrainer.description, tokenizerJSON: json,
      to: folder.appendingPathComponent("model"))
    try write(curve, to: folder)
    return result
  }
}
