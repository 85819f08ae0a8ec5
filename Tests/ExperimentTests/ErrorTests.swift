import Basics
import Experiment
import Specs
import Testing

/// A manifest with something wrong and the whole text that a user reads.
struct BadManifest: Sendable, CustomTestStringConvertible {
  var name: String
  var text: String
  var overrides: [String] = []
  var message: String
  var testDescription: String { name }
}

@Suite struct ErrorTests {
  @Test func `dump`() throws {
    let cases: [(String, String, [String])] = [
      ("no yaml", "name: [a\ntasks: {", []),
      ("tab", "name: a\n\ttasks: b", []),
      ("colon in text", "name: a\ntitle: what: is it", []),
      ("empty", "", []),
      ("list", "- a\n", []),
      ("duplicates", manifestText("cocktails: [all]\nname: again\n'base': x\nadapter: {rank: 4, alpha: 1, rank: 8, rank: 9}"), []),
      ("unknown keys", manifestText("cocktail: [all]\nadapter: {rnk: 4, zzz: 1}"), []),
      ("lambda", manifestText("title: \"λλ👩‍👩‍👧 x\"\nadapter: {\"λλ👩‍👩‍👧\": 4, rank: no}"), []),
      ("missing", "title: x", []),
      ("two tasks", "name: a\nbase: mini\nbudget: {steps: 1}\ntasks:\n  a: {data: x, kind: classification, labels: [x, y]}\n  b: {data: x, kind: classification, labels: [x, y]}\n  a: {data: x, kind: classification, labels: [x, y]}", []),
      ("task", "name: a\nbase: mini\nbudget: {steps: 1, tokens: 3}\ntasks:\n  a: {data: x, kind: classificaton}\n  b: {data: x, kind: classification, metrics: [mse, accurcy]}\n  c: {kind: regression}\n  d: {data: x, kind: regression, text: hello}\n  e f: {data: x}\n  g: {data: x, files: {train: a}}\n  h: {data: x}\n  i: {data: x, kind: regression, anchors: {low: {description: x}, high: 3}}\n  j: {data: x, kind: tagging, labels: [O, PER]}\n  k: {data: x, kind: classification, labels: [a, a]}\n  l: {generate: {form: sentimnt, rows: {train: 3}}}\n  m: {generate: {form: topic, rows: {test: 3}, noise: 2}, labels: [a]}\n  n: {data: x, kind: classification, labels: {a: x}}", []),
      ("values", manifestText("adapter: {rank: 0, alpha: \"8\", dropout: 1.5, targets: []}\ntraining: {learning_rate: 1e-3x, schedule: cosin, keep_best: yes, batch_rows: [1, 2], warmup: {grid: []}, clip: {grid: [1, 1]}, patience: 3}"), []),
      ("cocktails", manifestText("cocktails:\n  - single\n  - {name: x, tasks: [fbp, ner]}\n  - {tasks: []}\n  - {name: all, tasks: [fpb]}\n  - {name: fpb, tasks: [fomc, ner]}\n  - {pairs: {family: sentment}}\n  - {subsets: {sizes: [5]}}\n  - {pairs: within_families, name: x}\n  - {name: t, tasks: [fpb, ner], sampling: {rule: equal, cap: 5}}\n  - {name: u, tasks: [fpb, ner], sampling: {rule: temperature}}\n  - {name: v, tasks: [fpb, ner], sampling: {rule: weights, weights: {fomc: 2}}}\n  - {name: two, tasks: [fpb, ner]}\n  - {name: two, tasks: [fpb, fomc]}\n  - {}"), []),
      ("merges", manifestText("merges:\n  - {method: tise}\n  - {method: ties, densty: 0.2}\n  - {method: ties, density: 2}\n  - {of: [fpb]}\n  - {method: linear, of: []}\n  - {method: linear, of: [fpb, nope]}\n  - {method: linear, of: [fpb, ner], weights: [1]}\n  - {method: linear, of: [fpb, fpb]}\n  - {method: linear}\n  - {method: linear, of: [fpb, ner]}"), []),
      ("overrides", manifestText(), ["adapter.rnk=4", "adapter.rank=4,x", "tasks.fbp.head=linear", "training=3", "cocktails.7=all", "seeds=0,0", "name=a/b"]),
      ("evaluate", manifestText("evaluate: {tasks: [fbp], splits: [train]}\nseeds: []"), []),
    ]
    for (name, text, overrides) in cases {
      print("##### \(name)")
      print(complaint { _ = try read(text, overrides) })
    }
    print("##### plan")
    print(complaint { _ = try plan(manifestText("adapter: {targets: [qery, value, dense]}"), ["base=maxi"]) })
    print(complaint { _ = try plan(manifestText("adapter: {targets: [qery, value, dense]}")) })
    print(complaint { _ = try plan(manifestText(), resources: FakeResources(splits: [.train])) })
    print(complaint { _ = try plan(manifestText(), ["task_defaults.validation_fraction=0"], resources: FakeResources(folders: ["fpb"], splits: [.train, .test])) })
  }
}
