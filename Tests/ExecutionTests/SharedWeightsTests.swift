import Basics
import Checkpoints
import Execution
import Foundation
import LinearAlgebra
import ModelFixtures
import Models
import Outlines
import TestSupport
import Testing

@Suite struct SharedWeightsTests {
  private func hidden(_ network: any Network, _ pico: PicoNetwork) -> [Float] {
    network.hidden(pico.batch, workspace: Workspace()).values
  }

  private func files(_ folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }

  @Test(arguments: PicoNetwork.families)
  func `stacks are made once and then mapped, to the same bits`(_ family: String) throws {
    let pico = try PicoNetwork(family)
    // A network that reads its layers as they lie makes nothing.
    guard pico.network.outline.isStacked else {
      #expect(pico.network.copies.isEmpty)
      return
    }
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
      #expect(
        files(folder + "/weights") == ["abc-float32-1.safetensors", "abc-float32-1.safetensors.sha256"])
      // One that was cut is made anew.
      try FileHandle(forWritingTo: URL(fileURLWithPath: file)).truncate(atOffset: 100)
      let again = try shared.open(model, sha256: "abc", .float32)
      #expect(again.copies.isEmpty && hidden(again, pico) == hidden(pico.network, pico))
      // Another base has a file of its own; a copy for each process costs less than a file of a few bytes.
      _ = try shared.open(model, sha256: "def", .float32)
      #expect(files(folder + "/weights").count == 4)
      let few = SharedWeights(folder: URL(fileURLWithPath: folder + "/few"))
      #expect(!(try few.open(model, sha256: "abc", .float32)).copies.isEmpty && files(folder + "/few") == [])
    }
  }

  @Test
  func `what is written into a file that is mapped is found after the job, a pair under another name before`()
    throws
  {
    let pico = try PicoNetwork()
    let model = pico.folder.appendingPathComponent("model").path
    try withFolder { folder in
      let weights = URL(fileURLWithPath: folder + "/weights")
      let shared = SharedWeights(folder: weights, least: 0)
      _ = try shared.open(model, sha256: "abc", .float32)
      let file = weights.appendingPathComponent("abc-float32-1.safetensors")
      try shared.check("abc")
      // Another process may put the same bytes in its place.
      let bytes = try Data(contentsOf: file)
      try bytes.write(to: file, options: .atomic)
      try shared.check("abc")
      let other = SharedWeights(folder: weights, least: 0)
      _ = try other.open(model, sha256: "abc", .float32)
      let handle = try FileHandle(forWritingTo: file)
      try handle.seek(toOffset: UInt64(bytes.count - 1))
      try handle.write(contentsOf: Data([7]))
      try handle.close()
      #expect(throws: Diagnostic.self) { try other.check("abc") }
      try other.check("def")
      // A whole pair of another base.
      try bytes.write(to: file)
      for ending in ["", ".sha256"] {
        try FileManager.default.copyItem(
          atPath: file.path + ending,
          toPath: weights.appendingPathComponent("def-float32-1.safetensors").path + ending)
      }
      let told = Told()
      _ = try SharedWeights(folder: weights, least: 0) { told.add($0) }.open(model, sha256: "def", .float32)
      #expect(told.all.count == 1)
    }
  }

  @Test func `one wrong byte is found, told once and mended`() throws {
    let pico = try PicoNetwork()
    let model = pico.folder.appendingPathComponent("model").path
    try withFolder { folder in
      let weights = URL(fileURLWithPath: folder + "/weights")
      let told = Told()
      func open() throws -> any Network {
        // Another process each time: what one has hashed it believes.
        try SharedWeights(folder: weights, least: 0) { told.add($0) }.open(
          model, sha256: "abc", OneDNN.isThere ? .bfloat16 : .float32)
      }
      let expected = hidden(try open(), pico)
      for precision in OneDNN.isThere ? ["float32", "bfloat16"] : ["float32"] {
        let file = folder + "/weights/abc-\(precision)-1.safetensors"
        let whole = try Data(contentsOf: URL(fileURLWithPath: file))
        var bytes = whole
        bytes[bytes.count - 5] ^= 1
        try bytes.write(to: URL(fileURLWithPath: file))
        #expect(hidden(try open(), pico) == expected)
        #expect(told.all.map(\.place?.file) == [file])
        #expect(told.all.first?.what == "the file is not what was written: its SHA-256 is another one")
        #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == whole)
        told.clear()
        #expect(hidden(try open(), pico) == expected && told.all.isEmpty)
      }
    }
  }

  @Test func `what was forgotten is hashed again when it comes back`() throws {
    let pico = try PicoNetwork()
    let model = pico.folder.appendingPathComponent("model").path
    try withFolder { folder in
      let told = Told()
      let shared = SharedWeights(folder: URL(fileURLWithPath: folder), least: 0) { told.add($0) }
      func open(_ sha256: String) throws -> [Float] {
        hidden(try shared.open(model, sha256: sha256, .float32), pico)
      }
      let expected = try open("abc")
      _ = try open("def")
      let hashes = try files(folder).filter { $0.hasSuffix(".sha256") }.map {
        ($0, try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)")))
      }
      for (name, hash) in hashes {
        let file = URL(fileURLWithPath: "\(folder)/\(name.dropLast(7))")
        var bytes = try Data(contentsOf: file)
        if name.hasPrefix("abc") { shared.forget("abc") }
        // Another process writes the name again, and not what it should.
        bytes[bytes.count - 5] ^= 1
        try bytes.write(to: file)
        try hash.write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      }
      #expect(files(folder).count == 4)
      #expect(try open("abc") == expected)
      #expect(told.all.map(\.place?.file) == [folder + "/abc-float32-1.safetensors"])
      // What was not forgotten is believed, as it is mapped already.
      _ = try open("def")
      #expect(told.all.count == 1)
    }
  }

  /// What was said, from whatever thread.
  private final class Told: Sendable {
    private let notes = Lock<[Diagnostic]>([])
    var all: [Diagnostic] { notes.withLock { $0 } }
    func add(_ note: Diagnostic) { notes.withLock { $0.append(note) } }
    func clear() { notes.withLock { $0 = [] } }
  }

  @Test func `what nobody has opened for a month goes when another file comes`() throws {
    let pico = try PicoNetwork()
    let model = pico.folder.appendingPathComponent("model").path
    try withFolder { folder in
      let weights = URL(fileURLWithPath: folder + "/weights")
      func open(_ sha256: String) throws {
        _ = try SharedWeights(folder: weights, least: 0).open(model, sha256: sha256, .float32)
      }
      for base in ["old", "used", "young"] { try open(base) }
      try write("", to: folder + "/weights/gone-float32-0.safetensors.17.partial")
      for name in files(weights.path) {
        let days = name.hasPrefix("young") ? 20.0 : 40
        try FileManager.default.setAttributes(
          [.modificationDate: Date(timeIntervalSinceNow: -days * 24 * 3600)],
          ofItemAtPath: "\(weights.path)/\(name)")
      }
      try open("used")
      try open("new")
      #expect(Set(files(weights.path).map { $0.prefix { $0 != "-" } }) == ["new", "used", "young"])
      #expect(files(weights.path).count == 6)
    }
  }

  @Test func `a base stored in 16 bits is widened once for all`() throws {
    let pico = try PicoNetwork()
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
    arguments: PicoNetwork.families)
  func `weights are rounded once and then mapped, to the same bits`(_ family: String) throws {
    let pico = try PicoNetwork(family)
    let model = pico.folder.appendingPathComponent("model").path
    try withFolder { folder in
      let alone = try SharedWeights.none.open(model, sha256: "", .bfloat16)
      let shared = SharedWeights(folder: URL(fileURLWithPath: folder + "/weights"), least: 0)
      for _ in 0..<2 {
        let network = try shared.open(model, sha256: "abc", .bfloat16)
        #expect(network.precision == .bfloat16 && hidden(network, pico) == hidden(alone, pico))
      }
      #expect(
        files(folder + "/weights").filter { !$0.hasSuffix(".sha256") } == ["abc-bfloat16-1.safetensors"]
          + (pico.network.outline.isStacked ? ["abc-float32-1.safetensors"] : []))
      // Where nothing can be written every process has its own.
      try write("", to: folder + "/file")
      let barred = SharedWeights(folder: URL(fileURLWithPath: folder + "/file/weights"), least: 0)
      #expect(hidden(try barred.open(model, sha256: "abc", .bfloat16), pico) == hidden(alone, pico))
    }
  }
}
