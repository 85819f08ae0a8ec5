import Foundation
import Testing

/// A store whose files were changed or cut behind the program's back.
@Suite struct DamageTests {
  /// The first stored file whose path ends so, with its bytes.
  private func stored(_ end: String, in place: Workplace) throws -> (name: String, data: Data) {
    let files = try place.files(below: "Results/.store") { $0.hasSuffix(end) }
    let first = try #require(files.min { $0.key < $1.key })
    return (first.key, first.value)
  }

  private func write(_ data: Data, to name: String, in place: Workplace) throws {
    try data.write(to: place.folder.appendingPathComponent("Results/.store/\(name)"))
  }

  @Test func `cut predictions are made anew, and no table is made from them`() throws {
    let place = try Workplace(copying: Finished.get().place)
    let (name, data) = try stored("predictions.bin", in: place)
    try write(data.dropLast(20), to: name, in: place)
    let report = try Program.run("report", "m.yaml", in: place.folder)
    #expect(report.status == 1)
    #expect(
      report.errors.hasPrefix(
        "Results/.store/\(name): error: the file has \(data.count - 20) bytes, and the job wrote \(data.count)\n  run again"
      ), "\(report.errors)")
    let plan = try Program.run("plan", "m.yaml", in: place.folder)
    #expect(plan.output.contains("the file has \(data.count - 20) bytes"), "\(plan.output)")
    let run = try Program.run("run", "m.yaml", in: place.folder)
    #expect(run.status == 0)
    #expect(run.errors.contains("Results/.store/\(name): note: the file has "), "\(run.errors)")
    #expect(run.errors.contains("is done anew"))
    #expect(try place.artefacts() == Finished.get().place.artefacts())
    #expect(try place.tables() == Finished.get().place.tables())
  }

  @Test func `a changed byte of an adapter is seen before a merge reads it`() throws {
    let place = try Workplace(copying: Finished.get().place)
    let merges = try place.files(below: "Results/.store") { $0.hasSuffix("job.json") }
      .filter { String(decoding: $0.value, as: UTF8.self).contains("\"merge\":{") }
    for name in merges.keys {
      let folder = place.folder.appendingPathComponent("Results/.store/\(name)").deletingLastPathComponent()
      try FileManager.default.removeItem(at: folder)
    }
    let inputs = merges.values.map { String(decoding: $0, as: UTF8.self) }.joined()
    let adapters = try place.files(below: "Results/.store") { $0.hasSuffix("adapter_model.safetensors") }
    let name = try #require(
      adapters.keys.sorted().first { inputs.contains($0.split(separator: "/").first.map(String.init) ?? "-") }
    )
    var data = try #require(adapters[name])
    data[data.count - 3] ^= 1
    try write(data, to: name, in: place)
    let run = try Program.run("run", "m.yaml", in: place.folder)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("\(name): note: the file is not what the job wrote"), "\(run.errors)")
    #expect(try place.artefacts() == Finished.get().place.artefacts())
    #expect(try place.tables() == Finished.get().place.tables())
  }
}
