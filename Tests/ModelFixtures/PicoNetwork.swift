internal import Basics
public import Checkpoints
public import Foundation
public import LinearAlgebra
public import Models
import Outlines
internal import TestSupport

/// A tiny encoder of Tests/Golden/models with its golden numbers.
public struct PicoNetwork: Sendable {
  /// The families that have one.
  public static let families = NetworkFamilies.all.names.filter { owed($0).isEmpty }

  /// The golden files that a family lacks, with the script that makes them.
  public static func owed(_ family: String) -> [String] {
    let folder = "Tests/Golden/models/\(family)"
    let makers = [
      ("cases.json", "generate_family.py \(family) \(folder) writes, once its families hold this one"),
      ("bfloat16.safetensors", "generate_rounded.py \(folder) writes"),
    ]
    return makers.filter { file, _ in
      !FileManager.default.fileExists(atPath: Reference.golden("models/\(family)/\(file)").path)
    }.map { file, maker in "\(folder)/\(file), which Tests/Golden/models/\(maker)" }
  }

  /// The folder of the golden files.
  public let folder: URL
  /// What cases.json holds.
  public struct Cases: Decodable, Sendable {
    /// One token sequence.
    public struct Row: Decodable, Sendable {
      /// Token ids.
      public let ids: [Int32]
      /// Token types.
      public let types: [Int32]
    }
    /// The rows of the only batch.
    public let rows: [Row]
    /// The losses of the curve.
    public let losses: [Double]
    /// The gradients' norms of the curve, before clipping.
    public let norms: [Double]
    /// The learning rates of the curve.
    public let rates: [Double]
    /// r of the factors.
    public let rank: Int
    /// α of the factors.
    public let alpha: Double
  }

  /// The model without its weights.
  public let description: any NetworkDescription
  /// The model.
  public let network: any Network
  /// The rows as one batch.
  public let batch: PackedBatch
  /// The numbers of the curve.
  public let cases: Cases
  /// Gradients of all weights, and the last hidden state.
  public let gradients: SafeTensorsFile
  /// LoRA factors: at the start, their gradients, and after the curve.
  public let lora: SafeTensorsFile

  /// Reads the golden files of a family.
  public init(_ family: String = "bert") throws {
    folder = Reference.golden("models/\(family)")
    let model = folder.appendingPathComponent("model").path
    description = try NetworkFamilies.describe(folder: model)
    network = try NetworkFamilies.open(folder: model)
    cases = try JSONDecoder().decode(
      Cases.self, from: Data(contentsOf: folder.appendingPathComponent("cases.json")))
    gradients = try SafeTensorsFile(path: folder.appendingPathComponent("gradients.safetensors").path)
    lora = try SafeTensorsFile(path: folder.appendingPathComponent("lora.safetensors").path)
    var batch = PackedBatch()
    for row in cases.rows { batch.append(ids: row.ids, types: row.types) }
    self.batch = batch
  }

  /// Zeroed factors at the golden sites.
  public func zeroFactors() -> LoRAParameters {
    LoRAParameters(
      sites: network.outline.layers.filter { lora.names.contains("\($0.path).lora_A") },
      rank: cases.rank, scale: Float(cases.alpha / Double(cases.rank)))
  }

  /// The golden LoRA factors in storage of their own.
  public func loraParameters() throws -> LoRAParameters {
    let parameters = zeroFactors()
    for factor in parameters.factors {
      factor.a.copy(from: try lora.matrix("\(factor.site.path).lora_A"))
      factor.b.copy(from: try lora.matrix("\(factor.site.path).lora_B"))
    }
    return parameters
  }

  /// A gradient that weighs every number of the last hidden state with the golden factors.
  public func dhidden() throws -> Matrix { try gradients.matrix("factor").copied() }
}
