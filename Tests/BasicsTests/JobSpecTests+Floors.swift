import Basics
import Specs
import Testing

extension JobSpecTests {
  @Test func `every field of a floor changes its identity`() throws {
    try check(
      ProbeJob(base: Hashed(.folder(sha256: "bb")), task: Hashed(Self.task), maxTokens: 128),
      [
        Change("base") { $0.base = .folder(sha256: "0b") }, Change("task") { $0.task.name = "fomc" },
        Change("maxTokens") { $0.maxTokens = 64 }, Change("hides") { $0.hides = "text" },
        Change("precision") { $0.precision = .bfloat16 },
      ]
    ) { .probe($0) }
    try check(
      GuessJob(task: Hashed(Self.task), split: .test),
      [Change("task") { $0.task.name = "fomc" }, Change("split") { $0.split = .validation }]
    ) { .guess($0) }
  }
}
