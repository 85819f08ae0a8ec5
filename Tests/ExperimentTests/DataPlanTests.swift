import Basics
import Experiment
import Foundation
import Results
import Specs
import Testing

/// What a plan says of its data, and what it makes of it.
@Suite struct DataPlanTests {
  private static let manifest = """
    name: a
    data_root: data
    base: mini
    budget: {steps: 2}
    tasks:
      fpb: {data: fpb, kind: classification, labels: [bad, good, odd]}
    cocktails: [singles]
    """

  private func facts(_ split: Split, rows: Int = 100, labels: [Int] = [50, 40, 10]) -> SplitFacts {
    var facts = SplitFacts(split, rows: rows, available: rows)
    facts.labels = labels
    return facts
  }

  private func finding(_ count: Int, _ line: Int, _ otherLine: Int? = nil) -> RowFinding {
    var finding = RowFinding()
    for _ in 0..<count { finding.add(line: line, otherLine: otherLine) }
    return finding
  }

  private func notes(
    _ facts: [SplitFacts], _ manifest: String = Self.manifest, positions: Int = 512
  ) throws -> [String] {
    var resources = FakeResources(positions: positions)
    resources.facts = ["fpb": facts]
    return try plan(manifest, resources: resources).notes.map(\.description)
  }

  @Test func `clean data are not spoken of`() throws {
    #expect(try notes([facts(.train), facts(.validation), facts(.test)]) == [])
    var long = facts(.test)
    long.lengths = LengthFacts(Array(repeating: 10, count: 999) + [200], most: 128)
    long.rows = 1000
    long.lengths?.cutRows = finding(1, 7)
    #expect(try notes([long]) == [])
  }

  @Test func `rows of test that stand in train are told with numbers, file and lines`() throws {
    var test = facts(.test)
    var shared = OverlapFacts(.train)
    shared.rows = finding(12, 5, 17)
    shared.exact = 9
    shared.conflicts = finding(2, 5, 17)
    test.overlaps = [shared]
    var train = facts(.train)
    var same = OverlapFacts(.test)
    same.rows = finding(12, 17, 5)
    train.overlaps = [same]
    #expect(
      try notes([train, test]) == [
        "data/fpb/test.jsonl:5: note: test of 'fpb': 12 of 100 rows stand in train too (9 letter by letter, 2 with "
          + "another label), such as line 5, which is line 17 of train; take them out of train, or scores on test are "
          + "too good"
      ])
  }

  @Test func `groups that say little are told, and those that say nothing are errors`() throws {
    let manifest = Self.manifest.replacingOccurrences(of: "odd]}", with: "odd], by: asked}")
    func told(_ groups: GroupFacts) throws -> [String] {
      var test = facts(.test)
      test.groups = groups
      var resources = FakeResources()
      resources.facts = ["fpb": [test]]
      let plan = try plan(manifest, resources: resources)
      return plan.notes.map(\.what) + plan.data.flatMap(plan.errors).map { "error: \($0.what)" }
    }
    let sound = GroupFacts(count: 4, smallest: "up", fewest: 20, most: 40, unmeasured: ["matthews": "up"])
    #expect(try told(sound) == [])
    var small = sound
    small.fewest = 7
    #expect(
      try told(small) == [
        "test of 'fpb': of the 4 groups of 'asked' 'up' has 7 rows, and counts as much as one of 40"
      ])
    var flat = small
    flat.unmeasured = ["accuracy": "down"]
    let convention =
      "test of 'fpb': within the group 'down' of 'asked' the answers are such that 'accuracy' is a convention and no "
      + "measurement"
    #expect(try told(flat) == [convention, "error: " + convention])
    let many = GroupFacts(count: 100, smallest: "1", fewest: 1, most: 1, unmeasured: [:])
    let each = "test of 'fpb': 'by' names 'asked', which has another value in each of the 100 rows"
    #expect(try told(many) == [each, "error: " + each])
  }

  @Test func `duplicates, conflicts, one class and labels without a row are told`() throws {
    var train = facts(.train, labels: [60, 40, 0])
    train.duplicates = finding(3, 8, 2)
    train.conflicts = finding(4, 9, 11)
    #expect(
      try notes([train, facts(.validation, labels: [0, 100, 0]), facts(.test)]) == [
        "data/fpb/train.jsonl:9: note: train of 'fpb': 4 of 100 rows have a text that stands in train with another label "
          + "too, such as line 9, see line 11; decide which one is right, or put what tells them apart into 'text'",
        "data/fpb/train.jsonl: note: train of 'fpb': no row of train has the label 'odd', which 10 rows of test ask for; "
          + "add such rows, or take the label from the list",
        "data/fpb/train.jsonl:8: note: train of 'fpb': 3 of 100 rows repeat an earlier row, such as line 8, see line 2; "
          + "remove them, or they count several times",
        "data/fpb/validation.jsonl: note: validation of 'fpb': all 100 rows have the label 'good'; there is nothing to "
          + "tell apart: add others",
      ])
  }

  @Test func `what a longest length cuts is told, and a base that reads less`() throws {
    var train = facts(.train)
    train.lengths = LengthFacts(Array(repeating: 20, count: 90) + Array(repeating: 80, count: 10), most: 64)
    train.lengths?.cutRows = finding(10, 3)
    train.lengths?.cutTokens = 160
    var test = train
    test.split = .test
    test.lengths?.cutRows = finding(20, 5)
    #expect(
      try notes([train, test], positions: 64) == [
        "data/fpb/test.jsonl:5: note: test of 'fpb': 20 of 100 rows are cut to 64 tokens: 6.2 % of the tokens are never "
          + "read; the longest has 80 (train 10); split long rows: the base reads no more"
      ])
    #expect(
      try notes([train], Self.manifest + "\ntraining: {max_tokens: 64}") == [
        "data/fpb/train.jsonl:3: note: train of 'fpb': 10 of 100 rows are cut to 64 tokens: 6.2 % of the tokens are "
          + "never read; the longest has 80; raise training.max_tokens, or split long rows"
      ])
  }

  @Test func `what train knows of test and of validation are two findings`() throws {
    func leaking(_ split: Split, _ count: Int, _ line: Int) -> SplitFacts {
      var facts = facts(split)
      var shared = OverlapFacts(.train)
      shared.rows = finding(count, line, line + 1)
      shared.exact = count
      shared.conflicts = finding(1, line, line + 1)
      facts.overlaps = [shared]
      return facts
    }
    #expect(
      try notes([facts(.train), leaking(.validation, 2, 3), leaking(.test, 12, 5)]) == [
        "data/fpb/validation.jsonl:3: note: validation of 'fpb': 2 of 100 rows stand in train too (1 with another "
          + "label), such as line 3, which is line 4 of train; take them out of train, or scores on validation are too "
          + "good",
        "data/fpb/test.jsonl:5: note: test of 'fpb': 12 of 100 rows stand in train too (1 with another label), such as "
          + "line 5, which is line 6 of train; take them out of train, or scores on test are too good",
      ])
  }

  @Test func `a validation split of a few rows from train is told with its standard error`() throws {
    var validation = facts(.validation, rows: 5, labels: [2, 2, 1])
    validation.isHeldOut = true
    #expect(
      try notes([facts(.train), validation]) == [
        "data/fpb/train.jsonl: note: validation of 'fpb': only 5 rows were drawn from train to choose by: a share of right "
          + "rows among them has a standard error of up to 0.22; give the task a validation file, or raise its "
          + "validation_fraction, which is 0.1"
      ])
    validation.available = 12
    #expect(try notes([validation])[0].hasSuffix("up to 0.22; raise limits.validation, which leaves out 7"))
    #expect(try notes([validation], Self.manifest + "\nevaluate: {splits: [test]}") == [])
    validation.isHeldOut = false
    #expect(try notes([validation]) == [])
    validation = facts(.validation, rows: 50, labels: [20, 20, 10])
    validation.isHeldOut = true
    #expect(try notes([validation]) == [])
  }

  @Test func `of two files with the same bytes both are named`() throws {
    var resources = FakeResources()
    resources.files["data/fpb/test.jsonl"] = resources.files["data/fpb/train.jsonl"]
    var test = facts(.test)
    var shared = OverlapFacts(.train)
    shared.rows = finding(100, 1, 1)
    shared.exact = 100
    test.overlaps = [shared]
    resources.facts = ["fpb": [facts(.train), test]]
    #expect(
      try plan(Self.manifest, resources: resources).notes.map(\.description) == [
        "data/fpb/test.jsonl:1: note: test of 'fpb': 100 of 100 rows stand in train too, such as line 1, which is line 1 "
          + "of train; take them out of train, or scores on test are too good; data/fpb/train.jsonl holds the same bytes"
      ])
  }

  @Test func `of several lengths the longest is held against what the base reads`() throws {
    let grid = Self.manifest + "\ntraining: {max_tokens: {grid: [32, 128]}}"
    #expect(
      try notes([facts(.train)], grid, positions: 64) == [
        "note: training.max_tokens is 128, but the base reads 64 tokens at most: longer texts are cut to these"
      ])
    #expect(try notes([facts(.train)], grid) == [])
  }

  @Test func `tags of another scheme are an error, a few slips a note`() throws {
    let manifest = Self.manifest.replacingOccurrences(
      of: "kind: classification, labels: [bad, good, odd]", with: "kind: tagging, labels: [O, B-A, I-A]")
    var train = facts(.train)
    train.entities = 10
    train.strayTags = finding(9, 4)
    var resources = FakeResources()
    resources.facts = ["fpb": [train]]
    var found = try plan(manifest, resources: resources)
    #expect(found.data.flatMap { found.errors(in: $0) } == [])
    #expect(
      found.notes.map(\.description) == [
        "data/fpb/train.jsonl:4: note: train of 'fpb': 9 of 19 entities begin with I- and count for nothing: IOB2 begins "
          + "each with B-; make every I-X that follows no B-X or I-X to B-X"
      ])
    train.strayTags = finding(10, 4)
    resources.facts = ["fpb": [train]]
    found = try plan(manifest, resources: resources)
    #expect(
      found.data.flatMap { found.errors(in: $0) }.map(\.description) == [
        """
        data/fpb/train.jsonl:4: error: train of 'fpb': 10 of 20 entities begin with I- and count for nothing: the tags \
        are of the scheme IOB1 or IO, not IOB2
          make every I-X that follows no B-X or I-X to B-X
        """
      ])
  }

  @Test func `numbers beyond the anchors are told, and those that a linear head does not scale`() throws {
    let anchored = Self.manifest.replacingOccurrences(
      of: "kind: classification, labels: [bad, good, odd]",
      with:
        "kind: regression, anchors: {low: {description: low, value: -1}, high: {description: high, value: 1}}"
    )
    var train = facts(.train, labels: [])
    train.numbers = NumberFacts([0, 50, 100])
    train.numbers?.outside = finding(66, 2)
    #expect(
      try notes([train], anchored) == [
        "data/fpb/train.jsonl:2: note: train of 'fpb': 66 of 100 rows ask for a number outside the anchors -1 to 1, up to "
          + "0 and 100: they are learned as the nearest anchor and never predicted; set 'anchors' at the ends of the "
          + "numbers, or scale these"
      ])
    let linear = Self.manifest.replacingOccurrences(
      of: "kind: classification, labels: [bad, good, odd]", with: "kind: regression, head: linear")
    train.numbers?.outside = RowFinding()
    #expect(
      try notes([train], linear) == [
        "data/fpb/train.jsonl: note: train of 'fpb': the numbers have mean 50 and standard deviation 40.825, and a linear "
          + "head begins at 0 and does not standardise them; subtract the mean and divide by the deviation, in all "
          + "splits alike"
      ])
    train.numbers = NumberFacts([-1, 0, 1])
    #expect(try notes([train], linear) == [])
  }

  @Test(arguments: ["dev.jsonl", "val.csv", "valid.jsonl"])
  func `validation data under another usual name are taken, with a note`(name: String) throws {
    var resources = FakeResources(splits: [.train, .test])
    resources.files["data/fpb/\(name)"] = FileFacts(sha256: "dev", rows: 30, bytes: 900)
    let plan = try plan(Self.manifest, resources: resources)
    #expect(plan.plannedTasks[0].rows == ["train": 100, "validation": 30, "test": 100])
    #expect(
      plan.notes.map(\.description) == ["data/fpb/\(name): note: taken as the validation data of 'fpb'"])
  }

  @Test func `validation data under two names are refused`() {
    var resources = FakeResources()
    resources.files["data/fpb/dev.csv"] = FileFacts(sha256: "dev", rows: 30, bytes: 900)
    #expect(
      complaint { _ = try plan(Self.manifest, resources: resources) } == """
        a.yaml:6:15: error: the task 'fpb' has both data/fpb/validation.jsonl and data/fpb/dev.csv
            6 |   fpb: {data: fpb, kind: classification, labels: [bad, good, odd]}
              |               ^ remove one of the two, or name the right one under 'files'
        """)
  }

  // MARK: Mixtures that are the same

  private func mixtures(_ rows: [String: Int]) throws -> Plan {
    var resources = FakeResources()
    for (task, count) in rows { resources.facts[task] = [facts(.train, rows: count)] }
    var words = Vocabulary.small
    for index in words.samplingRules.indices where words.samplingRules[index].name != "concatenation" {
      words.samplingRules[index].drawsByRate = true
      words.samplingRules[index].rates = { sizes, _, spec in
        let amounts = sizes.map { spec.temperature == nil ? 1 : Double($0).squareRoot() }
        return amounts.map { $0 / amounts.reduce(0, +) }
      }
    }
    let text = manifestText(
      """
      cocktails:
        - {name: even, tasks: [fpb, fomc], sampling: {rule: equal}}
        - {name: warm, tasks: [fpb, fomc], sampling: {rule: temperature, temperature: 2}}
        - {name: pot, tasks: [fpb, fomc], sampling: {rule: concatenation}}
      """)
    return try plan(text, vocabulary: words, resources: resources)
  }

  @Test func `mixtures with the same shares are trained once and told`() throws {
    let plan = try mixtures(["fpb": 90, "fomc": 90])
    let jobs = Dictionary(grouping: plan.models.filter { $0.seed == 0 && $0.kind == .cocktail }, by: \.job)
    #expect(
      jobs.values.map { $0.map(\.model) }.sorted { $0.count > $1.count } == [
        ["cocktail:even", "cocktail:warm"], ["cocktail:pot"],
      ])
    #expect(
      plan.notes.map(\.description) == [
        "note: cocktail:even and cocktail:warm draw the same shares of the same tasks: they are trained once and stand in "
          + "the tables under each name"
      ])
  }

  @Test(arguments: [["fpb": 90, "fomc": 80], ["fpb": 90], [:]])
  func `mixtures of unequal sets, or of sets that could not be counted, stay apart`(rows: [String: Int])
    throws
  {
    let plan = try mixtures(rows)
    #expect(Set(plan.models.filter { $0.kind == .cocktail }.map(\.job)).count == 6)
    #expect(plan.notes == [])
  }

  @Test func `words that the tokenizer makes nothing of are told`() throws {
    let manifest = Self.manifest.replacingOccurrences(
      of: "kind: classification, labels: [bad, good, odd]", with: "kind: tagging, labels: [O, B-X]")
    var train = facts(.train, labels: [50, 40])
    train.entities = 40
    train.lengths = LengthFacts(Array(repeating: 10, count: 100), most: 128)
    train.lengths?.words = 90
    #expect(try notes([train], manifest) == [])
    train.lengths?.emptyWords = finding(2, 7)
    let told = try notes([train], manifest)
    #expect(told.count == 1)
    #expect(
      told.first?.contains(
        "train of 'fpb': the base's tokenizer makes nothing of 2 of 90 words, as of control characters and spaces of zero "
          + "width: they are never read and count as O; take them out, with their tags") == true, "\(told)")
  }

  @Test func `a length beyond that of sentence-transformers is told`() throws {
    var resources = FakeResources(positions: 512)
    resources.longest = 100
    let manifest = Self.manifest + "\ntraining: {max_tokens: MOST}"
    func told(_ most: Int) throws -> [String] {
      try plan(manifest.replacingOccurrences(of: "MOST", with: "\(most)"), resources: resources).notes
        .map(\.description)
    }
    #expect(try told(100) == [])
    #expect(
      try told(128).first?.contains("sentence-transformers cuts texts for this base to 100 tokens") == true)
    #expect(try told(600).count == 1)
  }
}
