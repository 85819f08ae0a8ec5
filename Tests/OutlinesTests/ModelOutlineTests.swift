import Basics
import Outlines
import Testing

@Suite struct ModelOutlineTests {
  private let outline = ModelOutline(
    family: "toy", blocks: 3, width: 4, attention: 6, heads: 2, limits: .init(positions: 16, vocabulary: 8),
    embeddings: 10,
    prefix: "stack.layers",
    parts: [
      .init("attn.q", out: 6, in: 4, input: "attn"), .init("attn.k", out: 2, in: 4, input: "attn"),
      .init("mlp", out: 4, in: 6),
    ], passes: .init(token: 5, pair: 2), saved: .init(token: 7, pair: 3))

  @Test func `layers are numbered in the order of the forward pass and know what they read`() {
    #expect(outline.layers.map(\.index) == Array(0..<9))
    #expect(outline.layers[4].path == "stack.layers.1.attn.k")
    #expect(outline.layers[4].block == 1)
    #expect(outline.layers[3].input == outline.layers[4].input)
    #expect(outline.layers[5].input == outline.layers[5].path)
    #expect(outline.layers.readers.map(\.index) == [0, 2, 3, 5, 6, 8])
    #expect(outline.partPaths == ["attn.q", "attn.k", "mlp"])
  }

  @Test func `FLOPs are those of a walk through rows, blocks and layers`() {
    let lengths = [3, 5, 1]
    let texts = ModelOutline.Texts(lengths: lengths)
    for lowest in 0..<3 {
      var (there, back) = (0, 0)
      for n in lengths {
        for block in 0..<3 {
          // Scores and context over all channels of attention; in the way back two products for each of them.
          there += 2 * 2 * n * n * 6
          if block >= lowest { back += 4 * 2 * n * n * 6 }
          for layer in outline.layers where layer.block == block {
            there += 2 * n * layer.out * layer.in
            let isEntrance = block == lowest && layer.path.contains("attn")
            if block >= lowest, !isEntrance { back += 2 * n * layer.out * layer.in }
          }
        }
      }
      #expect(outline.forwardFLOPs(texts) == Double(there))
      #expect(outline.backwardFLOPs(texts, lowest: lowest) == Double(back))
    }
    #expect(outline.forwardFLOPs(texts, blocks: 1) == outline.forwardFLOPs(texts) / 3)
  }

  @Test func `products with factors are those of the factors and of the doors, one by one`() {
    let (T, r) = (7, 2)
    // The second block's attn.q, whose input enters it, and its mlp.
    let layers = [outline.layers[3], outline.layers[5]]
    func flops(_ products: (LinearLayer) -> [(Int, Int, Int)]) -> Double {
      Double(layers.flatMap(products).reduce(0) { $0 + 2 * $1.0 * $1.1 * $1.2 })
    }
    func isEntrance(_ layer: LinearLayer) -> Bool { layer.path.contains("attn") }
    // LoRAFactors.forward: u = x·Aᵀ and u·Bᵀ.
    func forward(_ l: LinearLayer) -> [(Int, Int, Int)] { [(T, l.in, r), (T, r, l.out)] }
    // LoRAFactors.backward: v = dy·B and v·A, where there is a dx.
    func through(_ l: LinearLayer) -> [(Int, Int, Int)] {
      isEntrance(l) ? [] : [(T, l.out, r), (T, r, l.in)]
    }
    // LoRADoor.backward: u = x·Aᵀ, dyᵀ·u, v = dy·B and vᵀ·x.
    func gradients(_ l: LinearLayer) -> [(Int, Int, Int)] {
      [(T, l.in, r), (l.out, T, r), (T, l.out, r), (r, T, l.in)]
    }
    let uses: [(ModelOutline.FactorUse, Double)] = [
      (.read, flops(forward)), (.passed, flops { forward($0) + through($0) }),
      (.trainedFolded, flops(gradients)),
      (.trainedBeside, flops { forward($0) + through($0) + gradients($0) }),
      // DropoutLoRADoor: v·A reads the v of the gradient.
      (.trainedWithDropout, flops { forward($0) + gradients($0) + (isEntrance($0) ? [] : [(T, r, $0.in)]) }),
      (.defined, Double(6 * T * r * layers.reduce(0) { $0 + $1.in + $1.out })),
    ]
    for (use, expected) in uses {
      #expect(outline.factorFLOPs(use, tokens: Double(T), layers, rank: r) == expected, "\(use)")
    }
  }

  @Test func `bytes count what lies in one matrix together`() {
    #expect(outline.weightBytes == Double(4 * (40 + 3 * (24 + 8 + 24))))
    #expect(outline.stackedBytes == Double(4 * 3 * 32))
    #expect(outline.foldedBytes([outline.layers[0]]) == Double(4 * 32))
    #expect(
      outline.foldedBytes([outline.layers[0], outline.layers[1], outline.layers[5]]) == Double(4 * (32 + 24)))
    #expect(outline.blockBytes(.init(lengths: [2, 3]), .float32) == Double(4 * (7 * 5 + 3 * 13)))
  }

  @Test func `a target that chooses no layer is told with the layers there are`() {
    #expect(
      throws: Diagnostic(
        "no linear layer of the base matches the target 'qq'",
        hint: "the layers of a block are attn.q, attn.k, mlp")
    ) { try outline.chosen(by: LayerTargets(["q", "qq"])) }
  }

  @Test func `the scale of a change is written once`() {
    #expect(LoRAScale.of(alpha: 16, rank: 4, isRankStabilised: false) == 4)
    #expect(LoRAScale.of(alpha: 16, rank: 4, isRankStabilised: true) == 8)
    #expect(LoRAScale.of(alpha: 16, rank: 0, isRankStabilised: true) == 0)
  }
}
