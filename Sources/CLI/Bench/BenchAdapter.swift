import Basics
import Checkpoints
import LinearAlgebra
import Merging
import Models

/// Adapters of random numbers, as a training could have left them.
enum BenchAdapter {
  /// Random factors at some layers: A uniform in ±1/√in as LoRA starts, B small but not zero.
  static func random(_ shape: EncoderShape, sites: [LinearSite], rank: Int, stream: RandomStream) -> Adapter {
    let parameters = LoRAParameters(shape: shape, sites: sites, rank: rank, scale: 2)
    parameters.initialise(stream.stream("a"))
    for factor in parameters.factors {
      var stream = stream.stream("b", factor.site.path)
      factor.b.withMutableSpan { span in
        for i in 0..<span.count { span[i] = Float(stream.normal() * 0.01) }
      }
    }
    return parameters.adapter(
      name: "random", alpha: Double(2 * rank), dropout: 0, rslora: false,
      targets: Set(sites.map(\.role.path)).sorted())
  }

  /// Random evidence at some layers: Gram matrices of 256 inputs, or the information of every weight.
  static func evidence(_ shape: EncoderShape, sites: [LinearSite], _ kind: MergeEvidence) -> ModelEvidence {
    var matrices: [String: Matrix] = [:]
    for site in sites {
      var stream = RandomStream(seed: 0, "bench", "evidence", site.path)
      let (out, inputs) = shape.weightShape(site.role)
      let random = Matrix(rows: kind == .fisher ? out : 256, columns: inputs)
      random.withMutableSpan { span in
        for i in 0..<span.count { span[i] = Float(stream.uniform()) }
      }
      if kind == .fisher {
        matrices[site.path] = random
      } else if matrices[site.input] == nil {
        let gram = Matrix(rows: inputs, columns: inputs)
        random.addGramOfColumns(toUpper: gram)
        gram.mirrorUpper()
        matrices[site.input] = gram
      }
    }
    return ModelEvidence(name: "random", matrices)
  }
}
