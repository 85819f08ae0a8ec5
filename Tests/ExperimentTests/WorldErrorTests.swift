import Basics
import Experiment
import Specs
import Testing

/// What a manifest asks for and the world does not have.
@Suite struct WorldErrorTests {
  private static let one = """
    name: a
    base: mini
    data_root: data
    budget: {steps: 1}
    tasks:
      fpb: {data: fpb, kind: classification, labels: [bad, good]}

    """

  @Test func `a base that is not there`() {
    #expect(
      complaint { _ = try plan(Self.one.replacing("mini", with: "maxi")) } == """
        a.yaml:2:7: error: there is no base 'maxi'
            2 | base: maxi
              |       ^ run 'make model'
        """)
  }

  @Test func `bf16 where its products cannot be had`() throws {
    var resources = FakeResources()
    resources.obstacle = Diagnostic("no oneDNN", hint: "install it")
    let text =
      Self.one + "training: {precision: {grid: [float32, bfloat16]}}\nevaluate: {precision: bfloat16}\n"
    #expect(
      complaint { _ = try plan(text, resources: resources) } == """
        a.yaml:7:23: error: no oneDNN
            7 | training: {precision: {grid: [float32, bfloat16]}}
              |                       ^ install it
        """)
    // Nothing is asked for, nothing is missed; where it is there the evaluation says how it reads.
    _ = try plan(Self.one + "training: {precision: float32}\n", resources: resources)
    let evaluated = try plan(Self.one + "evaluate: {precision: bfloat16}\n")
    for job in evaluated.jobs {
      // A probe is fitted to what evaluations read.
      let isRounded = ["probe", "predict"].contains(job.spec.kind)
      #expect(job.spec.productPrecision == (isRounded ? .bfloat16 : .float32))
      #expect((job.work.roundedFLOPs > 0) == isRounded)
    }
  }

  @Test func `targets that match no layer`() {
    #expect(
      complaint { _ = try plan(Self.one + "adapter: {targets: [qery, value, lf.key, self.key, pooler]}") }
        == """
        a.yaml:7:20: error: the target 'lf.key' matches no linear layer of the base
            7 | adapter: {targets: [qery, value, lf.key, self.key, pooler]}
              |                    ^ its layers end in: dense, key, query, value
        a.yaml:7:20: error: the target 'pooler' matches no linear layer of the base
            7 | adapter: {targets: [qery, value, lf.key, self.key, pooler]}
              |                    ^ its layers end in: dense, key, query, value
        a.yaml:7:20: error: the target 'qery' matches no linear layer of the base
            7 | adapter: {targets: [qery, value, lf.key, self.key, pooler]}
              |                    ^ did you mean 'query'? its layers end in: dense, key, query, value
        """)
  }

  @Test(arguments: [
    (
      "targets: '.*(key'", "a.yaml:7:20: error: '.*(key' is no regular expression:"
    ),
    (
      "targets: 'lf\\.(key|query)'",
      "a.yaml:7:20: error: the target 'lf\\.(key|query)' matches no linear layer of the base"
    ),
    (
      "targets: '.*key$', layers_to_transform: [1]",
      "a.yaml:7:30: error: 'layers_to_transform' has no effect beside a regular expression"
    ),
    (
      "targets: [key], layers_to_transform: [2]",
      "a.yaml:7:20: error: 'layers_to_transform' names block 2, and the base has 2"
    ),
  ])
  func `targets that say nothing of the base's layers`(settings: String, told: String) {
    let complaint = complaint { _ = try plan(Self.one + "adapter: {\(settings)}") }
    #expect(complaint.hasPrefix(told), "\(complaint)")
  }

  @Test func `a pretrained base has BERT's layers`() throws {
    _ = try plan(
      Self.one, ["base={pretrain: {}}", "adapter.targets=query,attention.output.dense,intermediate.dense"])
    #expect(
      complaint { _ = try plan(Self.one, ["base={pretrain: {}}", "adapter.targets=q_proj"]) } == """
        -S adapter.targets=q_proj: error: the target 'q_proj' matches no linear layer of the base
          its layers end in: dense, key, query, value
        """)
  }

  @Test func `a folder without training data`() {
    #expect(
      complaint { _ = try plan(Self.one.replacing("data: fpb", with: "data: fbp")) } == """
        a.yaml:6:15: error: the task 'fpb' has no training data in data/fbp
            6 |   fpb: {data: fbp, kind: classification, labels: [bad, good]}
              |               ^ it must hold train.jsonl or train.csv; 'data' lies under 'data_root', which is data
        """)
  }

  @Test func `a split that is asked for and missing`() throws {
    let trainOnly = FakeResources(splits: [.train])
    #expect(
      complaint { _ = try plan(Self.one, ["task_defaults.validation_fraction=0"], resources: trainOnly) }
        == """
        a.yaml:6:15: error: the task 'fpb' has no validation data
            6 |   fpb: {data: fpb, kind: classification, labels: [bad, good]}
              |               ^ add one, set a validation_fraction above 0, or write evaluate: {splits: [test]}
        a.yaml:6:15: error: the task 'fpb' has no test data
            6 |   fpb: {data: fpb, kind: classification, labels: [bad, good]}
              |               ^ add one, or write evaluate: {splits: [validation]}
        """)
    #expect(try !plan(Self.one, ["evaluate.splits=validation"], resources: trainOnly).jobs.isEmpty)
  }

  @Test func `files of no known format, missing, empty, or in two formats`() {
    var resources = FakeResources()
    resources.files["data/fpb/test.csv"] = FileFacts(sha256: "x", rows: 1, bytes: 1)
    resources.files["data/empty.csv"] = FileFacts(sha256: "y", rows: 0, bytes: 0)
    let text =
      Self.one
      + "  two: {files: {train: a.parquet, validation: b.csv, test: empty.csv}, kind: regression, head: linear}"
    #expect(
      complaint { _ = try plan(text, resources: resources) } == """
        a.yaml:6:15: error: the task 'fpb' has both data/fpb/test.jsonl and data/fpb/test.csv
            6 |   fpb: {data: fpb, kind: classification, labels: [bad, good]}
              |               ^ remove one of the two
        a.yaml:7:24: error: the file data/a.parquet is neither .jsonl nor .csv
            7 |   two: {files: {train: a.parquet, validation: b.csv, test: empty.csv}, kind: regression, head: linear}
              |                        ^ name it by what it is, or convert it
        a.yaml:7:47: error: there is no file data/b.csv
            7 |   two: {files: {train: a.parquet, validation: b.csv, test: empty.csv}, kind: regression, head: linear}
              |                                               ^ 'files' lie under 'data_root', which is data
        a.yaml:7:60: error: the file data/empty.csv has no rows
            7 |   two: {files: {train: a.parquet, validation: b.csv, test: empty.csv}, kind: regression, head: linear}
              |                                                            ^ fill it or leave it out
        """)
  }

  @Test(arguments: [
    ("adapter.rank", "the setting 'adapter.rank' has no '='"),
    ("=4", "the setting '=4' has no key before '='"),
    ("adapter..rank=4", "the setting 'adapter..rank=4' has no key before '='"),
    ("adapter.rank=", "the setting 'adapter.rank=' has no value after '='"),
  ])
  func `a setting that is none`(text: String, what: String) {
    #expect(
      complaint { _ = try Override(text) } == """
        error: \(what)
          write it as -S training.learning_rate=0.001
        """)
  }

  @Test func `heads that do not divide the width, weights that are all zero`() {
    let text = Self.one.replacing("base: mini", with: "base: {pretrain: {heads: 5}}")
    #expect(
      complaint { _ = try read(text + "sampling: {rule: weights, weights: {fpb: 0}}") } == """
        a.yaml:2:26: error: 5 heads do not divide the width 128
            2 | base: {pretrain: {heads: 5}}
              |                          ^ 'hidden' must be a multiple of 'heads'
        a.yaml:7:36: error: all weights are 0
            7 | sampling: {rule: weights, weights: {fpb: 0}}
              |                                    ^
        """)
  }
}
