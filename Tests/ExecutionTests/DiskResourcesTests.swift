import Basics
import Execution
import Experiment
import Foundation
import Specs
import Tasks
import TestSupport
import Testing

@Suite struct DiskResourcesTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func resources() -> DiskResources {
    DiskResources(
      facts: FactsCache(folder: scratch.url.appendingPathComponent("cache")), folder: scratch.url.path,
      environment: [:])
  }

  private func write(_ text: String, to name: String = "a.jsonl", changed: Double? = nil) throws -> String {
    let file = scratch.url.appendingPathComponent(name)
    try Data(text.utf8).write(to: file)
    if let changed {
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: changed)], ofItemAtPath: file.path)
    }
    return file.path
  }

  @Test func `facts are the hash, the rows and the bytes of a file`() throws {
    let facts = try resources().file(try write("one\ntwo\n"))
    #expect(facts.sha256 == StableHash.hex(Data("one\ntwo\n".utf8)))
    #expect(facts.rows == 2)
    #expect(facts.bytes == 8)
  }

  @Test func `what is read is told, and what is remembered is not`() throws {
    let told = Lock<[String]>([])
    func resources() -> DiskResources {
      DiskResources(
        facts: FactsCache(folder: scratch.url.appendingPathComponent("cache")), folder: scratch.url.path,
        environment: [:], tell: { text in told.withLock { $0.append(text) } })
    }
    let path = try write("one\ntwo\n", changed: 1_700_000_000)
    let first = resources()
    _ = try first.file(path)
    _ = try first.file(path)
    #expect(told.withLock { $0 } == ["reading \(path)"])
    first.facts.save()
    _ = try resources().file(path)
    #expect(told.withLock { $0 }.count == 1)
  }

  @Test func `empty lines are no rows, and the last one needs no line break`() throws {
    #expect(try resources().file(try write("one\n\ntwo")).rows == 2)
    #expect(try resources().file(try write("", to: "empty.jsonl")).rows == 0)
  }

  @Test func `a changed file of equal size has another hash, in this process and the next`() throws {
    let first = resources()
    let before = try first.file(try write("one\n", changed: 1_700_000_000))
    let path = try write("two\n", changed: 1_700_000_000.001)
    let after = try first.file(path)
    #expect(before.sha256 != after.sha256)
    #expect(before.bytes == after.bytes)
    first.facts.save()
    let third = try write("six\n", changed: 1_700_000_000.002)
    #expect(try resources().file(third).sha256 == StableHash.hex(Data("six\n".utf8)))
  }

  @Test func `other bytes under the same size and the same time are seen`() throws {
    let first = resources()
    let before = try first.file(try write("one\n", changed: 1_700_000_000))
    first.facts.save()
    // As `cp -p` leaves it: the inode has a time of its own.
    let path = try write("two\n", changed: 1_700_000_000)
    for resources in [first, resources()] { #expect(try resources.file(path).sha256 != before.sha256) }
  }

  @Test func `a broken cache is as good as none`() throws {
    let first = resources()
    _ = try first.file(try write("one\n"))
    first.facts.save()
    try Data("{".utf8).write(to: scratch.url.appendingPathComponent("cache/hashes.json"))
    #expect(try resources().file(try write("two\n")).sha256 == StableHash.hex(Data("two\n".utf8)))
  }

  @Test func `two names of one file are one hash`() throws {
    let path = try write("one\n")
    let link = scratch.url.appendingPathComponent("link.jsonl").path
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    #expect(resources().exists(link))
    #expect(try resources().file(link) == resources().file(path))
  }

  @Test func `a link that points at another file has that one's hash`() throws {
    let first = resources()
    let link = scratch.url.appendingPathComponent("link.jsonl").path
    try FileManager.default.createSymbolicLink(
      atPath: link, withDestinationPath: try write("one\n", changed: 1))
    let before = try first.file(link)
    try FileManager.default.removeItem(atPath: link)
    let other = try write("two\n", to: "b.jsonl", changed: 1)
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: other)
    #expect(try first.file(link).sha256 != before.sha256)
  }

  @Test func `a folder is no file, and what is missing is reported`() throws {
    #expect(!resources().exists(scratch.url.path))
    let path = scratch.url.appendingPathComponent("nothing.jsonl").path
    #expect(!resources().exists(path))
    do {
      _ = try resources().file(path)
      Issue.record("it was read")
    } catch {
      #expect("\(error)" == "\(path): error: there is no such file\n  is data_root right?")
    }
  }

  // MARK: Lengths of texts

  private func task(_ path: String, text: String = "{text}") throws -> (TaskSpec, [String: String]) {
    let facts = try resources().file(path)
    let task = TaskSpec(
      name: "t", kind: .classification,
      source: .files(["train": DataFile(sha256: facts.sha256, format: "jsonl")]), text: text,
      labels: [LabelSpec(name: "a", description: "a")], metrics: ["accuracy"])
    return (task, [facts.sha256: path])
  }

  @Test func `without a base words and signs are counted, with two marks around them`() throws {
    let path = try write(
      """
      {"text": "Profit rose 4% , then fell.", "label": "a"}
      {"text": "No.", "label": "a"}
      """)
    var (task, places) = try task(path)
    task.validationFraction = 0
    // Profit rose 4 % , then fell . and No .
    #expect(resources().lengths(of: task, .train, base: nil, locations: places) == [10, 4])
    task.pair = "{text}"
    #expect(resources().lengths(of: task, .train, base: nil, locations: places) == [19, 7])
  }

  @Test func `a large file is sampled evenly, once`() throws {
    let rows = (1...1024).map { row in
      "{\"text\": \"\(String(repeating: "w ", count: row))\", \"label\": \"a\"}"
    }
    let path = try write(rows.joined(separator: "\n"))
    var (task, places) = try task(path)
    task.validationFraction = 0
    let first = resources()
    let lengths = first.lengths(of: task, .train, base: nil, locations: places)
    // Rows 1, 5, 9 …
    #expect(lengths == (0..<256).map { 4 * $0 + 3 })
    first.facts.save()
    // From the cache: the file is not needed any more.
    #expect(resources().lengths(of: task, .train, base: nil, locations: [:]) == lengths)
    task.text = "{text}{text}"
    #expect(resources().lengths(of: task, .train, base: nil, locations: [:]) == [])
  }

  @Test func `data that cannot be read have no lengths, and are not remembered`() throws {
    let (task, places) = try task(try write("{\"text\": 3}\n"))
    #expect(resources().lengths(of: task, .train, base: nil, locations: places) == [])
  }

  @Test(.enabled(if: Reference.model != nil, "needs the real base"))
  func `with a base its tokeniser counts`() throws {
    let path = try write("{\"text\": \"EBITDA rose\", \"label\": \"a\"}\n")
    var (task, places) = try task(path)
    task.validationFraction = 0
    let base = try #require(Reference.model).path
    // [CLS] e ##bit ##da rose [SEP]
    #expect(resources().lengths(of: task, .train, base: base, locations: places) == [6])
  }

  @Test func `what could not be read this time is read the next time`() throws {
    let rows = ["up", "down"].map { #"{"text": "it goes \#($0)", "label": "\#($0)"}"# }
    let path = try write(rows.joined(separator: "\n"))
    let sha256 = try resources().file(path).sha256
    let task = TaskSpec(
      name: "moves", kind: .classification,
      source: .files(["train": DataFile(sha256: sha256, format: "jsonl")]),
      labels: ["up", "down"].map { LabelSpec(name: $0, description: $0) }, metrics: ["accuracy"],
      validationFraction: 0)
    func found(_ locations: [String: String]) -> [Int] {
      let resources = resources()
      defer { resources.facts.save() }
      return resources.facts(of: task, base: nil, maxTokens: 32, locations: locations).map(\.rows)
    }
    #expect(found([:]) == [])
    #expect(found([sha256: path]) == [2])
    // Now it is known, whether the file is there or not.
    #expect(found([:]) == [2])
  }
}
