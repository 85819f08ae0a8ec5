import Basics
import Testing

@Suite struct EditDistanceTests {
  private static let words = [
    "", "a", "ties", "tise", "tsv_m", "task_arithmetic", "naïve", "density", "densty",
  ]

  @Test(arguments: [
    ("", "", 0), ("", "abc", 3), ("density", "densty", 1), ("ties", "tise", 1), ("kitten", "sitting", 3),
    ("ca", "abc", 3), ("naïve", "naive", 1), ("Ties", "ties", 1),
  ])
  func `known distances come out`(a: String, b: String, distance: Int) {
    #expect(editDistance(a, b) == distance)
  }

  @Test(arguments: words, words)
  func `the distance is symmetric, zero only for equal words, and no more than the longer word`(
    a: String, b: String
  ) {
    let distance = editDistance(a, b)
    #expect(distance == editDistance(b, a))
    #expect((distance == 0) == (a == b))
    #expect(distance >= abs(a.count - b.count))
    #expect(distance <= max(a.count, b.count))
  }

  @Test func `the nearest name is found whatever its case`() {
    #expect(nearestName(to: "TIES", among: ["linear", "ties"]) == "ties")
    #expect(nearestName(to: "lerning_rate", among: ["learning_rate", "warmup"]) == "learning_rate")
  }

  @Test func `of names equally near the first one is meant`() {
    #expect(nearestName(to: "bata", among: ["beta", "data"]) == "beta")
  }

  @Test func `a name too far from all is not guessed`() {
    #expect(nearestName(to: "xyz", among: ["linear", "ties"]) == nil)
    #expect(nearestName(to: "ties", among: []) == nil)
  }

  @Test func `a suggestion is the nearest name, else all names, else that there are none`() {
    #expect(suggestion(for: "tiess", among: ["linear", "ties"]) == "did you mean 'ties'?")
    #expect(suggestion(for: "slerp", among: ["linear", "ties"]) == "known: linear, ties")
    #expect(suggestion(for: "slerp", among: []) == "none is known here")
  }
}
