import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import ModelFixtures
import Models
import Outlines
import TestSupport
import Testing

/// What an outline foretells against what passes really take.
@Suite struct OutlineTests {
  /// Sees nothing; only its lowest block matters.
  private final class BlindDoor: LinearDoor {
    let lowestLayer: Int

    init(lowest: Int) { lowestLayer = lowest }

    func readsInput(of site: LinearLayer) -> Bool { false }
    func forward(_ site: LinearLayer, x: Operand, y: Matrix, workspace: Workspace) {}
    func backward(_ site: LinearLayer, x: Operand, dy: Operand, dx: Matrix?, workspace: Workspace) {}
  }

  @Test(arguments: PicoNetwork.families)
  func `weights, rounded ones and those that an adapter is folded into take the bytes that are foretold`(
    _ family: String
  ) throws {
    let network = try PicoNetwork(family).network
    let outline = network.outline
    #expect(Double(network.copies.reduce(0) { $0 + 4 * $1.values.count }) == outline.stackedBytes)
    var networks = [network]
    if OneDNN.isThere {
      var rounded = 0
      networks.append(try network.rounding { rounded += 2 * $0.values.count })
      #expect(Double(rounded) == outline.roundedBytes)
    }
    for network in networks {
      for (rank, sites) in [(1, outline.layers), (2, [outline.layers[1]]), (24, outline.layers)] {
        let parameters = LoRAParameters(sites: sites, rank: rank, scale: 1)
        let adapter = parameters.adapter(
          name: "adapter", alpha: 1, dropout: 0, rslora: false, targets: [])
        let folded = try network.folding(adapter)
        // Matrices that are not the network's own, each once: several layers may lie in one.
        let own = Set(outline.layers.map { ObjectIdentifier(network.weight($0).storage) })
        let copies = outline.layers.map { folded.weight($0).storage }
          .filter { !own.contains(ObjectIdentifier($0)) }
        let bytes = Dictionary(copies.map { (ObjectIdentifier($0), 4 * $0.count) }) { first, _ in first }
          .values.reduce(0, +)
        #expect(
          Double(bytes) == outline.foldedBytes(sites, rank: rank, network.precision),
          "\(network.precision), rank \(rank)")
      }
    }
  }

  @Test(arguments: PicoNetwork.families)
  func `a block keeps as many bytes as its outline foretells`(_ family: String) throws {
    let configuration = Reference.golden("models/\(family)/model/config.json")
    var keys =
      try JSONSerialization.jsonObject(with: Data(contentsOf: configuration)) as? [String: Any] ?? [:]
    // More blocks, so that one more saved block can be seen, and longer rows than some have positions for.
    for key in ["num_hidden_layers", "n_layers"] where keys[key] != nil { keys[key] = 4 }
    keys["max_position_embeddings"] = 64
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("outline-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try JSONSerialization.data(withJSONObject: keys).write(to: folder.appendingPathComponent("config.json"))
    let description = try NetworkFamilies.describe(folder: folder.path)
    let network = description.random(
      over: Storage(count: description.floats), stream: .init(seed: 0, "outline"))
    #expect(network.outline.blocks == 4)
    var networks = [network]
    if OneDNN.isThere {
      networks.append(try network.rounding())
    }
    let lengths = [7, 31, 12]
    var batch = PackedBatch()
    for n in lengths {
      batch.append(ids: [Int32](repeating: 2, count: n), types: [Int32](repeating: 0, count: n))
    }
    func taken(_ network: any Network, lowest: Int) -> Int {
      let workspace = Workspace()
      _ = network.forward(batch, door: BlindDoor(lowest: lowest), workspace: workspace)
      return workspace.used
    }
    let texts = ModelOutline.Texts(lengths: lengths)
    for network in networks {
      for lowest in 1..<3 {
        let block = 4 * (taken(network, lowest: lowest) - taken(network, lowest: lowest + 1))
        // Each of the eleven matrices of a block begins on a border of 16 floats.
        #expect(abs(Double(block) - network.outline.blockBytes(texts, network.precision)) <= 11 * 15 * 4)
      }
    }
  }
}
