import Execution
import Foundation
import TestSupport
import Testing

@Suite struct FactsCacheTests {
  private let scratch: Scratch
  private static let counts = FactKind<[Int]>("counts")

  init() throws { scratch = try Scratch() }

  private var folder: URL { scratch.url.appendingPathComponent("a/facts") }
  private var file: URL { folder.appendingPathComponent("counts.json") }

  @Test func `what was found is found once, and again by the next process only after it was saved`() throws {
    let first = FactsCache(folder: folder)
    #expect(first.value(Self.counts, "x") { [1, 2] } == [1, 2])
    #expect(first.value(Self.counts, "x") { [] } == [1, 2])
    #expect(FactsCache(folder: folder).value(Self.counts, "x") == nil)
    first.save()
    #expect(FactsCache(folder: folder).value(Self.counts, "x") == [1, 2])
    #expect(FactsCache(folder: folder).value(FactKind<[Int]>("others"), "x") == nil)
  }

  @Test func `a failure to find is not remembered`() throws {
    struct Failure: Error {}
    let cache = FactsCache(folder: nil)
    #expect(throws: Failure.self) {
      try cache.value(Self.counts, "x") { () throws(Failure) in throw Failure() }
    }
    #expect(cache.value(Self.counts, "x") { [3] } == [3])
  }

  @Test func `a program believes nothing that another one found, and leaves it where it is`() throws {
    func cache(_ program: String?) -> FactsCache { FactsCache(folder: folder, program: program) }
    let first = cache("first")
    first.keep([1], Self.counts, "x")
    first.save()
    let second = cache("second")
    #expect(second.value(Self.counts, "x") == nil)
    second.keep([2], Self.counts, "x")
    second.save()
    #expect(cache("first").value(Self.counts, "x") == [1])
    #expect(cache("second").value(Self.counts, "x") == [2])
    // Values of another form.
    #expect(FactsCache(folder: folder, program: "third").value(FactKind<[String]>("counts"), "x") == nil)
    let unknown = cache(nil)
    unknown.keep([3], Self.counts, "x")
    unknown.save()
    #expect(cache(nil).value(Self.counts, "x") == nil)
    #expect(FactsCache.ownProgram != nil)
  }

  @Test func `two processes that save keep what both found`() throws {
    let (first, second) = (FactsCache(folder: folder), FactsCache(folder: folder))
    #expect(second.value(Self.counts, "x") == nil)
    first.keep([1], Self.counts, "x")
    second.keep([2], Self.counts, "y")
    first.save()
    second.save()
    let third = FactsCache(folder: folder)
    #expect(third.value(Self.counts, "x") == [1])
    #expect(third.value(Self.counts, "y") == [2])
  }

  @Test func `a broken file is as good as none, and a folder that cannot be written costs only time`() throws
  {
    let first = FactsCache(folder: folder)
    first.keep([1], Self.counts, "x")
    first.save()
    try Data("{\"entries\": ".utf8).write(to: file)
    #expect(FactsCache(folder: folder).value(Self.counts, "x") == nil)
    let blocked = FactsCache(folder: file)
    blocked.keep([1], Self.counts, "x")
    blocked.save()
    #expect(blocked.value(Self.counts, "x") == [1])
  }

  @Test func `the oldest facts give way`() throws {
    let cache = FactsCache(folder: folder)
    for key in 0..<5000 { cache.keep([key], Self.counts, "\(key)") }
    cache.save()
    let again = FactsCache(folder: folder)
    #expect(again.value(Self.counts, "903") == nil)
    #expect(again.value(Self.counts, "904") == [904])
    #expect(again.value(Self.counts, "4999") == [4999])
  }

  @Test func `the user's memory lies in the cache folder`() throws {
    let environment = ["XDG_CACHE_HOME": scratch.url.path, "HOME": "/nowhere"]
    let cache = FactsCache(environment: environment)
    cache.keep([1], Self.counts, "x")
    cache.save()
    let file = scratch.url.appendingPathComponent("mixology/facts/counts.json")
    #expect(FileManager.default.fileExists(atPath: file.path))
  }
}
