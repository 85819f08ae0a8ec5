import Basics
import Foundation
import Specs
import Tasks
import Testing

@Suite struct GeneratedSuiteTests {
  private func spec(
    _ form: String, rows: [String: Int] = ["train": 120, "validation": 60, "test": 60],
    relatedness: Double = 1,
    noise: Double = 0, imbalance: Double = 0, world: Int = 0
  ) -> GeneratorSpec {
    GeneratorSpec(
      form: form, rows: rows, relatedness: relatedness, noise: noise, imbalance: imbalance, world: world)
  }

  private func examples(_ spec: GeneratorSpec, _ task: String = "t", _ split: Split = .train) -> [Example] {
    GeneratedSuite.examples(spec, task: task, split: split)
  }

  @Test(arguments: GeneratedSuite.forms) func `rows depend on world, task and row only`(form: String) {
    let some = examples(spec(form))
    #expect(some.count == 120)
    #expect(examples(spec(form)) == some)
    #expect(Array(examples(spec(form, rows: ["train": 200]))[..<120]) == some)
    #expect(examples(spec(form), "u") != some)
    #expect(examples(spec(form, world: 1)) != some)
    #expect(examples(spec(form, rows: [:])).isEmpty)
  }

  /// Finished jobs are found again by their specs: whoever changes these texts must raise
  /// `JobSpec.formatVersion`, and then the hashes here.
  @Test func `the texts are those that finished jobs were made from`() {
    var hashes: [String: String] = [:]
    for form in GeneratedSuite.forms {
      let rows = examples(spec(form, rows: ["train": 20], relatedness: 0.3, noise: 0.1, imbalance: 0.1))
      hashes[form] = String(StableHash.hex(Data(rows.map(line).joined(separator: "\n").utf8)).prefix(16))
    }
    let corpus = GeneratedSuite.corpus(world: 0, sentences: 50, seed: 0).joined(separator: "\n")
    hashes["corpus"] = String(StableHash.hex(Data(corpus.utf8)).prefix(16))
    let known = [
      "sentiment": "d3d6ab549dbbf88e", "headline": "90baa5af901baa9f", "topic": "04b301a242c98888",
      "entities": "d3082fb5aa1e3c3b", "score": "4d5d950614811f24", "corpus": "a0a41050dc2035fc",
    ]
    for (form, hash) in hashes.sorted(by: { $0.key < $1.key }) {
      #expect(
        known[form] == hash,
        known[form] == nil
          ? "the form '\(form)' owes its hash: add \"\(form)\": \"\(hash)\" to those of Tests/TasksTests/GeneratedSuiteTests.swift"
          : "the texts of '\(form)' have changed: finished jobs were made from others")
    }
  }

  /// An example as text; numbers to six digits, because libraries of mathematics differ in the last one.
  private func line(_ example: Example) -> String {
    let text = "\(example.text) | \(example.pair ?? "")"
    switch example.target {
    case .label(let label): return "\(text) | \(label)"
    case .number(let number): return "\(text) | \(Int((number * 1e6).rounded()))"
    case .tags(let numbers), .labels(let numbers): return "\(text) | \(numbers)"
    }
  }

  @Test(arguments: GeneratedSuite.forms, [-1, -0.3, 0, 0.8])
  func `targets suit the template at every relatedness`(form: String, relatedness: Double) throws {
    let template = try #require(GeneratedSuite.template(form))
    #expect(template.name == form && template.metrics.allSatisfy(Metrics.all.names.contains))
    let takesAnchors = TaskKinds.row(of: template.kind).outline.takesAnchors
    #expect(template.labels.allSatisfy { !$0.description.isEmpty && ($0.value != nil) == takesAnchors })
    for example in examples(spec(form, relatedness: relatedness, noise: 0.2)) {
      #expect((10...25).contains(example.text.split(separator: " ").count))
      #expect((example.pair != nil) == (template.pair != nil))
      #expect(example.target.form == TaskKinds.row(of: template.kind).form)
      switch example.target {
      case .label(let label): #expect(template.labels.indices.contains(label))
      case .number(let number): #expect((-1...1).contains(number))
      case .labels(let labels): #expect(labels.allSatisfy(template.labels.indices.contains))
      case .tags(let tags):
        #expect(tags.allSatisfy(template.labels.indices.contains))
        #expect(example.words.joined(separator: " ") == example.text && tags.count == example.words.count)
        #expect(tags.contains { $0 > 0 })
      }
    }
  }

  @Test func `splits share no sentence, whatever the task`() {
    var texts: [Split: Set<String>] = [:]
    for form in GeneratedSuite.forms {
      for split in Split.allCases {
        texts[split, default: []].formUnion(examples(spec(form), form, split).map(\.text))
      }
    }
    let (train, validation, test) = (texts[.train] ?? [], texts[.validation] ?? [], texts[.test] ?? [])
    #expect(train.count > 550 && validation.count > 280 && test.count > 280)
    #expect(
      train.isDisjoint(with: validation) && train.isDisjoint(with: test) && validation.isDisjoint(with: test))
    let corpus = Set(GeneratedSuite.corpus(world: 0, sentences: 3000, seed: 0))
    #expect(corpus.isDisjoint(with: validation) && corpus.isDisjoint(with: test))
  }

  @Test(arguments: GeneratedSuite.forms)
  func `noise changes training labels only, at its share`(form: String) {
    let rows = ["train": 300, "test": 40]
    let clean = spec(form, rows: rows)
    let noisy = spec(form, rows: rows, noise: 0.3)
    #expect(examples(clean, "t", .test) == examples(noisy, "t", .test))
    let pairs = Array(zip(examples(clean), examples(noisy)))
    #expect(pairs.allSatisfy { $0.text == $1.text && $0.pair == $1.pair })
    let changed = pairs.count { $0.target != $1.target }
    let few = [TaskKind.regression: 200...300, .tagging: 120...300]
    // 90 ± 3 standard deviations, where another label takes the place of one.
    #expect((GeneratedSuite.template(form).flatMap { few[$0.kind] } ?? 65...115).contains(changed))
  }

  @Test(arguments: GeneratedSuite.forms.filter { GeneratedSuite.template($0)?.kind == .classification })
  func `classes are as balanced as asked`(form: String) throws {
    let classes = try #require(GeneratedSuite.template(form)).labels.count
    for imbalance in [0, 0.5, 1] {
      var counts = [Int](repeating: 0, count: classes)
      for example in examples(spec(form, rows: ["train": 400], imbalance: imbalance)) {
        if case .label(let label) = example.target { counts[label] += 1 }
      }
      let share = 1 / Double(classes)
      let expected = 400 * (share + imbalance * (1 - share))
      let deviation = (expected * (1 - expected / 400)).squareRoot()
      #expect(abs(Double(counts.max() ?? 0) - expected) <= 3.5 * deviation + 1, "\(counts)")
    }
  }

  @Test func `the corpus covers the words of all forms`() throws {
    let corpus = GeneratedSuite.corpus(world: 0, sentences: 4000, seed: 0)
    #expect(corpus == GeneratedSuite.corpus(world: 0, sentences: 4000, seed: 0))
    #expect(corpus != GeneratedSuite.corpus(world: 0, sentences: 4000, seed: 1))
    let known = Set(corpus.flatMap { $0.lowercased().split(separator: " ") })
    #expect((700...1200).contains(known.count), "\(known.count) words")
    for form in GeneratedSuite.forms {
      let template = try #require(GeneratedSuite.template(form))
      var texts = template.labels.map(\.description)
      texts += examples(spec(form)).flatMap { [$0.text, $0.pair ?? ""] }
      let unknown = Set(texts.flatMap { $0.lowercased().split(separator: " ") }).subtracting(known)
      #expect(unknown.isEmpty, "the corpus of GeneratedSuite lacks words of '\(form)': \(unknown.sorted())")
    }
  }

  @Test func `names are ambiguous without their context`() {
    var kinds: [String: Set<Int>] = [:]
    for example in examples(spec("entities", rows: ["train": 400])) {
      guard case .tags(let tags) = example.target else { continue }
      for (word, tag) in zip(example.words, tags) where tag > 0 {
        kinds[word, default: []].insert((tag - 1) / 2)
      }
    }
    #expect(kinds.values.count { $0.count == 3 } >= 15)
  }

  @Test func `the loader reads a generated task like any other`() throws {
    var task = try #require(GeneratedSuite.template("sentiment"))
    task.name = "t"
    task.source = .generated(spec("sentiment", rows: ["train": 100, "test": 20]))
    task.limits = ["test": 5]
    func load(_ split: Split) throws -> [Example] { try TaskLoader.load(task, split: split) { _ in nil } }
    #expect(try load(.test).count == 5)
    #expect(try load(.validation).count == 10)
    #expect(
      Set(try load(.train) + load(.validation)) == Set(examples(spec("sentiment", rows: ["train": 100]), "t"))
    )
    task.source = .generated(spec("sentiment", rows: ["train": 100]))
    #expect(
      throws: Diagnostic(
        "task 't' has no test data", hint: "add 'test' to its rows, or do not ask for that split")
    ) { try load(.test) }
  }

  // MARK: what the knobs do, measured with naive Bayes over words

  /// Naive Bayes over the words that occur in a text, each smoothed by a tenth of an occurrence.
  private struct NaiveBayes {
    private var words: [[Substring: Double]]
    private var sizes: [Double]

    init(_ examples: [Example], classes: Int) {
      words = [[Substring: Double]](repeating: [:], count: classes)
      sizes = [Double](repeating: 0.2, count: classes)
      for example in examples {
        guard case .label(let label) = example.target else { continue }
        sizes[label] += 1
        for word in Set(example.text.split(separator: " ")) { words[label][word, default: 0] += 1 }
      }
    }

    func accuracy(_ examples: [Example]) -> Double {
      let right = examples.count { example in
        var scores = sizes.map { log($0) }
        for word in Set(example.text.split(separator: " ")).sorted() {
          for label in scores.indices {
            scores[label] += log((0.1 + (words[label][word] ?? 0)) / sizes[label])
          }
        }
        return example.target == .label(scores.indices.max { scores[$0] < scores[$1] } ?? 0)
      }
      return Double(right) / Double(examples.count)
    }
  }

  /// Mean accuracies on one task over worlds: alone, and together with another task of each relatedness.
  private func effects(
    _ form: String, _ relatednesses: [Double], _ count: Int, _ classes: Int
  ) -> (Double, [Double]) {
    var alone = 0.0
    var together = relatednesses.map { _ in 0.0 }
    let worlds = 3
    for world in 0..<worlds {
      let rows = ["train": count, "test": 100]
      let target = examples(spec(form, rows: rows, world: world), "target")
      let test = examples(spec(form, rows: rows, world: world), "target", .test)
      alone += NaiveBayes(target, classes: classes).accuracy(test) / Double(worlds)
      for (place, relatedness) in relatednesses.enumerated() {
        let knobs = spec(form, rows: ["train": 2 * count], relatedness: relatedness, world: world)
        let both = NaiveBayes(target + examples(knobs, "other"), classes: classes)
        together[place] += both.accuracy(test) / Double(worlds)
      }
    }
    return (alone, together)
  }

  @Test(arguments: [("sentiment", 150, 3), ("topic", 40, 5)])
  func `related tasks help each other, unrelated ones less, opposed ones hurt`(
    form: String, count: Int, classes: Int
  ) {
    let (alone, together) = effects(form, [1, 0, -1], count, classes)
    #expect(alone > 1.2 / Double(classes), "\(alone)")
    #expect(together[0] > alone + 0.04, "\(alone), \(together)")
    #expect(together[1] < together[0] - 0.04, "\(together)")
    #expect(together[2] < alone - 0.04 && together[2] < together[1], "\(alone), \(together)")
  }

  @Test(arguments: [("sentiment", 3), ("topic", 5)])
  func `what one task teaches of another rises with relatedness`(form: String, classes: Int) {
    var accuracies = [Double](repeating: 0, count: 5)
    for world in 0..<2 {
      let test = examples(spec(form, rows: ["test": 80], world: world), "b", .test)
      for (place, relatedness) in [-1, -0.5, 0, 0.5, 1].enumerated() {
        let knobs = spec(form, rows: ["train": 200], relatedness: relatedness, world: world)
        accuracies[place] += NaiveBayes(examples(knobs, "a"), classes: classes).accuracy(test) / 2
      }
    }
    #expect(accuracies == accuracies.sorted(), "\(accuracies)")
    #expect(accuracies[0] < accuracies[4] - 0.2 && accuracies[4] > 1.5 / Double(classes), "\(accuracies)")
  }
}
