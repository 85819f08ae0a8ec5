import Adapters
import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import TestSupport
import Testing

@Suite struct RoutedFileTests {
  private func matrix(_ rows: Int, _ columns: Int, _ seed: Int) -> Matrix {
    var stream = RandomStream(seed: seed, "matrix")
    return Matrix(
      rows: rows, columns: columns, values: (0..<rows * columns).map { _ in Float(stream.normal()) })
  }

  private func adapter(_ name: String, rank: Int, alpha: Double) -> Adapter {
    Adapter(
      name: name,
      sites: [
        ("layer.b", AdapterSite(a: matrix(rank, 4, 1), b: matrix(5, rank, 2), alpha: alpha)),
        ("layer.a", AdapterSite(a: matrix(rank, 3, 3), b: matrix(3, rank, 4), alpha: alpha)),
      ])
  }

  private func written(_ model: RoutedModel, _ body: (RoutedModel, String, Int) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("routed-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let bytes = try RoutedFile.write(model, to: folder.path)
    try body(try RoutedFile.read(folder.path), folder.path, bytes)
  }

  private func changes(_ adapter: Adapter?) -> [[Float]] {
    adapter.map { adapter in adapter.sites.map { adapter.lowRank($0.delta).dense.floats } } ?? []
  }

  @Test func `masks, corrections, shared and own changes come back as they were`() throws {
    var mask = BitMask(rows: 3, columns: 3)
    for entry in [0, 4, 8] { mask[entry] = true }
    let model = RoutedModel(
      method: "m", unified: adapter("u", rank: 2, alpha: 3), full: [("layer.z", matrix(2, 2, 9))],
      parts: [
        .init(name: "one", tasks: ["a", "b"], change: adapter("one", rank: 1, alpha: 2)),
        .init(name: "two", tasks: ["c"], masks: [("layer.a", mask)], scale: 0.75),
        .init(name: "three", tasks: ["d"], correction: .init(down: matrix(2, 6, 5), up: matrix(6, 2, 6))),
      ], gate: .task)
    try written(model) { read, folder, bytes in
      #expect(read.method == "m" && read.parts.map(\.name) == ["one", "two", "three"])
      #expect(read.parts.map(\.tasks) == [["a", "b"], ["c"], ["d"]])
      for (a, b) in zip(changes(read.unified), changes(model.unified)) { #expect(relativeError(a, b) < 1e-6) }
      #expect(read.unified?.sites.map(\.path) == ["layer.a", "layer.b"])
      #expect(
        read.full.map(\.path) == ["layer.z"] && read.full[0].change.values == model.full[0].change.values)
      #expect(changes(read.parts[0].change) == changes(model.parts[0].change))
      #expect(read.parts[1].masks.map(\.path) == ["layer.a"] && read.parts[1].masks[0].mask == mask)
      #expect(read.parts[1].scale == 0.75 && read.parts[1].change == nil && mask.count == 3)
      #expect(read.parts[2].correction?.down.values == model.parts[2].correction?.down.values)
      #expect(read.parts[2].correction?.up.values == model.parts[2].correction?.up.values)
      let sizes = try RoutedFile.names.map {
        try FileManager.default.attributesOfItem(atPath: "\(folder)/\($0)")[.size] as? Int ?? 0
      }
      #expect(sizes.reduce(0, +) == bytes && sizes[2] == 2)
    }
  }

  @Test func `gates come back as they were`() throws {
    let gates: [RoutedModel.Gate] = [
      .token(
        TokenGate(
          measure: .cosine, temperature: 0.5, experts: 2, width: 2,
          directions: [("layer.b", matrix(4, 4, 1)), ("layer.a", matrix(2, 3, 2))])),
      .text(
        TextGate(
          readsUnified: false,
          rule: .neighbours(
            index: matrix(3, 4, 3), owners: [1, 0, 1], neighbours: 2, experts: 1, together: true))
      ),
      .text(
        TextGate(
          readsUnified: true, rule: .linear(weight: matrix(2, 4, 4), bias: matrix(1, 2, 5), experts: 2))),
    ]
    for gate in gates {
      try written(RoutedModel(method: "m", parts: [.init(name: "p", tasks: [])], gate: gate)) { read, _, _ in
        switch (read.gate, gate) {
        case (.token(let a), .token(let b)):
          #expect(a.measure == b.measure && a.temperature == b.temperature)
          #expect(a.experts == b.experts && a.width == b.width)
          #expect(a.directions.map(\.path) == ["layer.a", "layer.b"])
          #expect(a.directions.map(\.rows.values) == b.directions.map(\.rows.values))
        case (.text(let a), .text(let b)):
          #expect(a.readsUnified == b.readsUnified)
          switch (a.rule, b.rule) {
          case (
            .neighbours(let i, let o, let n, let e, let t),
            .neighbours(let i2, let o2, let n2, let e2, let t2)
          ):
            #expect(i.values == i2.values && o == o2 && n == n2 && e == e2 && t == t2)
          case (.linear(let w, let b, let e), .linear(let w2, let b2, let e2)):
            #expect(w.values == w2.values && b.values == b2.values && e == e2)
          default: Issue.record("another rule came back")
          }
        default: Issue.record("another gate came back")
        }
      }
    }
  }

  @Test func `equal models are equal bytes`() throws {
    let model = RoutedModel(
      method: "m", parts: [.init(name: "one", tasks: ["a"], change: adapter("one", rank: 2, alpha: 4))],
      gate: .task)
    var files: [[Data]] = []
    for _ in 0..<2 {
      try written(model) { _, folder, _ in
        files.append(
          try RoutedFile.names.dropLast().map {
            try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)"))
          })
      }
    }
    #expect(files[0] == files[1])
  }

  @Test func `masks that are cut short are found`() throws {
    let model = RoutedModel(
      method: "m", full: [("a", matrix(4, 4, 1))],
      parts: [.init(name: "one", tasks: ["a"], masks: [("a", BitMask(rows: 4, columns: 4))])], gate: .task)
    try written(model) { _, folder, _ in
      let file = "\(folder)/masks.bin"
      try Data([1]).write(to: URL(fileURLWithPath: file))
      #expect(
        throws: Diagnostic("the masks are cut short", at: Place(file: file), hint: "write the file again")
      ) { _ = try RoutedFile.read(folder) }
    }
    #expect(
      throws: Diagnostic("cannot read the file", at: Place(file: "/nowhere/routed.json"))
    ) {
      _ = try RoutedFile.read("/nowhere")
    }
  }
}
