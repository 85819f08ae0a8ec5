import Specs
import Tasks
import Testing

/// What a job holds of a task, read: the same rows as of the whole task, held-back and limited ones among them.
@Suite struct ReducedTaskTests {
  private let folder: DataFolder

  init() throws { folder = try DataFolder() }

  @Test func `a task reduced to a split has the rows of the whole task`() throws {
    let labels = [("negative", 7), ("neutral", 40), ("positive", 23)]
    let lines = labels.flatMap { label, count in
      (0..<count).map { #"{"text": "\#(label) \#($0)", "label": "\#(label)"}"# }
    }
    let train = try folder.write("n.jsonl", lines.joined(separator: "\n"))
    let other = try folder.write(
      "v.jsonl", (0..<9).map { #"{"text": "v \#($0)", "label": "neutral"}"# }.joined(separator: "\n"))
    var tasks = [
      TaskSpec.sentiment(["train": train, "test": other], fraction: 0.3),
      TaskSpec.sentiment(["train": train, "validation": other, "test": other], fraction: 0.3),
    ]
    for rows in [["train": 30, "validation": 8, "test": 8], ["train": 30, "test": 8]] {
      var task = TaskSpec.sentiment([:], fraction: 0.2)
      task.labels = try #require(GeneratedSuite.template("sentiment")).labels
      task.source = .generated(GeneratorSpec(form: "sentiment", rows: rows, noise: 0.4))
      tasks.append(task)
    }
    for (number, whole) in tasks.enumerated() {
      for limits in [[:], ["train": 11, "validation": 5, "test": 4]] {
        var task = whole
        task.limits = limits
        // Whole rows in the order of the file: something is held back, and a limit takes something away.
        let sets: [Set<Split>] = [[.train], [.validation], [.test], [.train, .validation]]
        for splits in sets {
          for split in splits {
            let expected = try folder.load(task, split)
            #expect(!expected.isEmpty)
            let reduced = task.reduced(to: splits, metrics: 1)
            #expect(try folder.load(reduced, split) == expected, "task \(number), \(split) of \(splits)")
          }
        }
        #expect(try folder.load(task.trained(TrainingSpec())) == folder.load(task))
        #expect(try folder.load(task.predicted(.test, isTold: false), .test) == folder.load(task, .test))
      }
    }
  }
}
