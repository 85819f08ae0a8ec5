import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import Models
import TestSupport

/// The tiny BERT of Tests/Golden/models/bert with its golden numbers.
struct PicoBERT {
  struct Cases: Decodable {
    struct Row: Decodable {
      let ids: [Int32]
      let types: [Int32]
    }
    let rows: [Row]
    let losses: [Double]
    let norms: [Double]
    let rates: [Double]
    let rank: Int
    let alpha: Double
  }

  let weights: EncoderWeights
  let batch: PackedBatch
  let cases: Cases
  let gradients: SafeTensorsFile
  let lora: SafeTensorsFile

  init() throws {
    let folder = Reference.golden("models/bert")
    let model = folder.appendingPathComponent("model").path
    let shape = try EncoderShape(ModelConfiguration(folder: model), folder: model)
    weights = try EncoderWeights(checkpoint: Checkpoint(folder: model), shape: shape)
    cases = try JSONDecoder().decode(
      Cases.self, from: Data(contentsOf: folder.appendingPathComponent("cases.json")))
    gradients = try SafeTensorsFile(path: folder.appendingPathComponent("gradients.safetensors").path)
    lora = try SafeTensorsFile(path: folder.appendingPathComponent("lora.safetensors").path)
    var batch = PackedBatch()
    for row in cases.rows { batch.append(ids: row.ids, types: row.types) }
    self.batch = batch
  }

  /// The golden LoRA factors in storage of their own.
  func loraParameters() throws -> LoRAParameters {
    let sites = try weights.shape.sites(targets: ["query", "value", "dense"])
    let parameters = LoRAParameters(
      shape: weights.shape, sites: sites, rank: cases.rank, scale: Float(cases.alpha / Double(cases.rank)))
    for factor in parameters.factors {
      factor.a.copy(from: try lora.matrix("\(factor.site.path).lora_A"))
      factor.b.copy(from: try lora.matrix("\(factor.site.path).lora_B"))
    }
    return parameters
  }

  /// A gradient that weighs every number of the last hidden state with the golden factors.
  func dhidden() throws -> Matrix { try gradients.matrix("factor").copied() }
}
