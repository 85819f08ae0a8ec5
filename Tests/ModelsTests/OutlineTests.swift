import Basics
import LinearAlgebra
import Models
import Outlines
import Testing

/// What an outline foretells against what passes really take.
@Suite struct OutlineTests {
  /// Sees nothing; only its lowest block matters.
  private final class BlindDoor: LinearDoor {
    let lowestLayer: Int

    init(lowest: Int) { lowestLayer = lowest }

    func readsInput(of site: LinearLayer) -> Bool { false }
    func forward(_ site: LinearLayer, x: Matrix, y: Matrix, workspace: Workspace) {}
    func backward(_ site: LinearLayer, x: Matrix, dy: Matrix, dx: Matrix?, workspace: Workspace) {}
  }

  @Test func `a block keeps as many bytes as its outline foretells`() {
    let shape = NetworkFamilies.pretrained(
      layers: 4, hidden: 48, heads: 3, intermediate: 80, vocabulary: 50, positions: 64)
    let weights = shape.random(over: Storage(count: shape.floats), stream: .init(seed: 0, "outline"))
    let lengths = [7, 31, 12]
    var batch = PackedBatch()
    for n in lengths {
      batch.append(ids: [Int32](repeating: 1, count: n), types: [Int32](repeating: 0, count: n))
    }
    func taken(lowest: Int) -> Int {
      let workspace = Workspace()
      _ = weights.forward(batch, door: BlindDoor(lowest: lowest), workspace: workspace)
      return workspace.used
    }
    let texts = ModelOutline.Texts(lengths: lengths)
    for lowest in 1..<3 {
      let block = 4 * (taken(lowest: lowest) - taken(lowest: lowest + 1))
      // Each of the eleven matrices of a block begins on a border of 16 floats.
      #expect(abs(Double(block) - weights.outline.blockBytes(texts)) <= 11 * 15 * 4)
    }
  }
}
