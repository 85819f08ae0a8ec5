import Foundation
import Testing

@Suite struct InspectTests {
  /// A finished job whose folder has a part.
  private func job(with part: String) throws -> (place: Workplace, id: String) {
    let place = try Finished.get().place
    let id = place.stored().first { job in
      FileManager.default.fileExists(atPath: "\(place.folder.path)/Results/.store/\(job)/\(part)")
    }
    return (place, try #require(id))
  }

  private func inspect(_ path: String, _ place: Workplace) throws -> [String] {
    let outcome = try Program.run("inspect", path, in: place.folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome.output.split(separator: "\n").map(String.init)
  }

  @Test func `a checkpoint, with the identity that job ids rest on`() throws {
    let (place, id) = try job(with: "model")
    let lines = try inspect("Results/.store/\(id)/model", place)
    #expect(lines.contains("sizes       2 layers, width 32, 2 heads, feed-forward 64, 64 positions"))
    #expect(lines.contains("pooling     mean"))
    #expect(
      lines.contains {
        $0.hasPrefix("as a base   yes, sha256 ") && $0.count == "as a base   yes, sha256 ".count + 64
      })
  }

  @Test func `an adapter, its tensors, and the job it comes from`() throws {
    let (place, id) = try job(with: "adapter/../curve.csv")
    let adapter = try inspect("Results/.store/\(id)/adapter", place)
    for line in [
      "kind        PEFT adapter (LoRA)", "rank        4", "alpha       8", "scale       2.0000",
      "layers      4",
    ] {
      #expect(adapter.contains(line))
    }
    #expect(adapter.filter { $0.contains("‖ΔW‖ ") }.count == 4)
    let tensors = try inspect("Results/.store/\(id)/adapter/adapter_model.safetensors", place)
    #expect(tensors.contains("tensors   8"))
    #expect(tensors.contains("numbers   1 024"))
    let byFolder = try inspect("Results/.store/\(id)", place)
    #expect(byFolder.contains { $0.hasPrefix("id ") && $0.hasSuffix(" \(id)") })
    #expect(byFolder.contains { $0.hasPrefix("result ") && $0.contains(" 6 steps, 48 examples") })
    #expect(byFolder.contains { $0.contains("adapter/adapter_model.safetensors, ") })
    #expect(try inspect(String(id.prefix(10)), place) == byFolder)
  }

  @Test func `a dataset, with what cannot be read`() throws {
    let place = try Workplace()
    let rows = (0..<8).map { #"{"text": "row \#($0)", "label": "\#($0 % 3 == 0 ? "up" : "down")"}"# }
    try place.write((rows + [#"{"text": " ", "label": "up"}"#, "{"]).joined(separator: "\n"), to: "d.jsonl")
    let lines = try inspect("d.jsonl", place)
    #expect(lines[0...1] == ["kind    dataset, jsonl", "rows    9"])
    #expect(lines.contains("  text   text, longest 5 characters, 1 empty"))
    #expect(lines.contains("         values: down 5, up 4"))
    #expect(lines.contains("1 row cannot be read:"))
    #expect(lines.contains { $0.hasPrefix("d.jsonl:10:2: error: not valid JSON") })
  }

  @Test func `digits that several jobs begin with are refused`() throws {
    let place = try Workplace()
    let ids = ["1", "2"].map { "abcd" + String(repeating: "0", count: 27) + $0 }
    for id in ids { try place.write("{}", to: "Results/.store/\(id)/result.json") }
    let outcome = try Program.run("inspect", "abcd", in: place.folder)
    #expect(outcome.status == 2)
    #expect(
      outcome.errors == "error: 2 stored jobs begin with 'abcd'\n  give more digits: \(ids[0]), \(ids[1])\n")
  }
}
