import Basics
import Checkpoints
import Execution
import Foundation
import LinearAlgebra
import ModelFixtures
import Models
import TestSupport
import Testing

@Suite struct SharedWeightsTests {
  private func hidden(_ network: any Network, _ pico: PicoEncoder) -> [Float] {
    network.hidden(pico.batch, workspace: Workspace()).values
  }

  private func files(_ folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }

  @Test(arguments: PicoEncoder.families.map(\.name))
  func `stacks are made once and then mapped, to the same bits`(_ family: String) throws {
    let pico = try PicoEncoder(family)
    let model = pico.folder.appendingPathComponent("model").path
    try withFolder { folder in
      let shared = SharedWeights(folder: URL(fileURLWithPath: folder + "/weights"), least: 0)
      #expect(!pico.network.copies.isEmpty)
      for _ in 0..<2 {
        let network = try shared.open(model, sha256: "abc", .float32)
        #expect(network.copies.map(\.name) == [])
        #expect(hidden(network, pico) == hidden(pico.network, pico))
      }
      let file = folder + "/weights/abc-float32-1.safetensors"
      #expect(files(folder + "/weights") == ["abc-float32-1.safetensors"])
      // One that was cut is made anew.
      try FileHandle(forWritingTo: URL(fileURLWithPath: file)).truncate(atOffset: 100)
      let again = try shared.open(model, sha256: "abc", .float32)
      #expect(again.copies.isEmpty && hidden(again, pico) == hidden(pico.network, pico))
      // Another base has a file of its own; a copy for each process costs less than a file of a few bytes.
      _ = try shared.open(model, sha256: "def", .float32)
      #expect(files(folder + "/weights").count == 2)
      let few = SharedWeights(folder: URL(fileURLWithPath: folder + "/few"))
      #expect(!(try few.open(model, sha256: "abc", .float32)).copies.isEmpty && files(folder + "/few") == [])
    }
  }

  @Test func `a base stored in 16 bits is widened once for all`() throws {
    let pico = try PicoEncoder()
    try withFolder { folder in
      let model = pico.folder.appendingPathComponent("model").path
      let own = folder + "/model"
      try FileManager.default.copyItem(atPath: model, toPath: own)
      let checkpoint = try NetworkFamilies.checkpoint(folder: model)
      try FileManager.default.removeItem(atPath: own + "/model.safetensors")
      try SafeTensorsWriter.write(
        checkpoint.names.map { name in
          let shape = try checkpoint.entry(name).shape
          return NamedTensor(name, shape: shape, try checkpoint.matrix(name, shape: shape))
        }, as: .bfloat16, to: own + "/model.safetensors")
      let alone = try NetworkFamilies.open(folder: own)
      let shared = SharedWeights(folder: URL(fileURLWithPath: folder + "/weights"), least: 0)
      let network = try shared.open(own, sha256: "abc", .float32)
      #expect(alone.copies.count > network.copies.count && network.copies.isEmpty)
      #expect(network.words.storage.isMapped && hidden(network, pico) == hidden(alone, pico))
    }
  }

  @Test(
    .enabled(if: OneDNN.isThere, "oneDNN is not installed: bf16 is not tested"),
    arguments: PicoEncoder.families.map(\.name))
  func `weights are rounded once and then mapped, to the same bits`(_ family: String) throws {
    let pico = try PicoEncoder(family)
    let model = pico.folder.appendingPathComponent("model").path
    try withFolder { folder in
      let alone = try SharedWeights.none.open(model, sha256: "", .bfloat16)
      let shared = SharedWeights(folder: URL(fileURLWithPath: folder + "/weights"), least: 0)
      for _ in 0..<2 {
        let network = try shared.open(model, sha256: "abc", .bfloat16)
        #expect(network.precision == .bfloat16 && hidden(network, pico) == hidden(alone, pico))
      }
      #expect(
        files(folder + "/weights") == ["abc-bfloat16-1.safetensors", "abc-float32-1.safetensors"])
      // Where nothing can be written every process has its own.
      try write("", to: folder + "/file")
      let barred = SharedWeights(folder: URL(fileURLWithPath: folder + "/file/weights"), least: 0)
      #expect(hidden(try barred.open(model, sha256: "abc", .bfloat16), pico) == hidden(alone, pico))
    }
  }
}
