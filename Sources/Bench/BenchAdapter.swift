internal import Adapters
internal import Basics
internal import Checkpoints
internal import LinearAlgebra
internal import Merging
internal import Models
internal import Outlines

/// Adapters of random numbers, as a training could have left them.
enum BenchAdapter {
  /// Random factors at some layers: A uniform in ±1/√in as LoRA starts, B small but not zero.
  static func random(_ layers: [LinearLayer], rank: Int, stream: RandomStream) -> Adapter {
    let parameters = LoRAParameters(sites: layers, rank: rank, scale: 2)
    parameters.initialise(stream.stream("a"))
    for factor in parameters.factors {
      var stream = stream.stream("b", factor.site.path)
      factor.b.withMutableSpan { span in
        for i in 0..<span.count { span[i] = Float(stream.normal() * 0.01) }
      }
    }
    return parameters.adapter(
      name: "random", alpha: Double(2 * rank), dropout: 0, rslora: false,
      targets: layers.map(\.path))
  }

  /// Random evidence at some layers: Gram matrices of 256 inputs, or the information of every weight.
  static func evidence(_ layers: [LinearLayer], _ kind: MergeEvidence) -> ModelEvidence {
    var matrices: [String: Matrix] = [:]
    for layer in layers {
      var stream = RandomStream(seed: 0, "bench", "evidence", layer.path)
      let (out, inputs) = (layer.out, layer.in)
      let random = Matrix(rows: kind == .fisher ? out : 256, columns: inputs)
      random.withMutableSpan { span in
        for i in 0..<span.count { span[i] = Float(stream.uniform()) }
      }
      if kind == .fisher {
        matrices[layer.path] = random
      } else if matrices[layer.input] == nil {
        let gram = Matrix(rows: inputs, columns: inputs)
        random.addGramOfColumns(toUpper: gram)
        gram.mirrorUpper()
        matrices[layer.input] = gram
      }
    }
    return ModelEvidence(name: "random", matrices)
  }
}
