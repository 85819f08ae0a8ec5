import Basics
import Experiment
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
  private static let form: [BadManifest] = [
    BadManifest(
      name: "a bracket that is not closed",
      text: #"""
        name: [a
        tasks: {
        """#,
      message: #"""
        a.yaml:2:6: error: this is not YAML: did not find expected ',' or ']' while parsing a flow sequence
            2 | tasks: {
              |      ^
        """#),
    BadManifest(
      name: "a tab",
      text: #"""
        name: a
        	tasks: b
        """#,
      message: #"""
        a.yaml:2:1: error: this is not YAML: found a tab character that violates indentation while scanning a plain scalar
            2 | 	tasks: b
              | ^
        """#),
    BadManifest(
      name: "a colon in a text",
      text: #"""
        name: a
        title: what: is it
        """#,
      message: #"""
        a.yaml:2:12: error: this is not YAML: mapping values are not allowed in this context
            2 | title: what: is it
              |            ^
        """#),
    BadManifest(
      name: "an empty file",
      text: #"""

        """#,
      message: #"""
        a.yaml: error: the manifest is empty
        """#),
    BadManifest(
      name: "a list",
      text: #"""
        - a

        """#,
      message: #"""
        a.yaml:1:1: error: the manifest must be a mapping, not a list
            1 | - a
              | ^
        """#),
    BadManifest(
      name: "keys that stand twice",
      text: manifestText(
        #"""
        cocktails: [all]
        name: again
        'base': x
        adapter: {rank: 4, alpha: 1, rank: 8, rank: 9}
        """#),
      message: #"""
        a.yaml:12:1: error: the key 'name' stands twice
           12 | name: again
              | ^ it stands in line 1 already; keep one of the two
        a.yaml:13:1: error: the key 'base' stands twice
           13 | 'base': x
              | ^ it stands in line 4 already; keep one of the two
        a.yaml:14:30: error: the key 'rank' stands twice
           14 | adapter: {rank: 4, alpha: 1, rank: 8, rank: 9}
              |                              ^ it stands in line 14 already; keep one of the two
        a.yaml:14:39: error: the key 'rank' stands twice
           14 | adapter: {rank: 4, alpha: 1, rank: 8, rank: 9}
              |                                       ^ it stands in line 14 already; keep one of the two
        """#),
    BadManifest(
      name: "unknown keys",
      text: manifestText(
        #"""
        cocktail: [all]
        adapter: {rnk: 4, zzz: 1}
        """#),
      message: #"""
        a.yaml:11:1: error: unknown key 'cocktail'
           11 | cocktail: [all]
              | ^ did you mean 'cocktails'?
        a.yaml:12:11: error: unknown key 'rnk' in 'adapter'
           12 | adapter: {rnk: 4, zzz: 1}
              |           ^ did you mean 'rank'?
        a.yaml:12:19: error: unknown key 'zzz' in 'adapter'
           12 | adapter: {rnk: 4, zzz: 1}
              |                   ^ known: rank, alpha, dropout, rslora, targets, layers_to_transform
        """#),
    BadManifest(
      name: "columns behind long characters",
      text: manifestText(
        #"""
        title: "λλ👩‍👩‍👧 x"
        adapter: {"λλ👩‍👩‍👧": 4, rank: no}
        """#),
      message: #"""
        a.yaml:12:11: error: unknown key 'λλ👩‍👩‍👧' in 'adapter'
           12 | adapter: {"λλ👩‍👩‍👧": 4, rank: no}
              |           ^ known: rank, alpha, dropout, rslora, targets, layers_to_transform
        a.yaml:12:27: error: 'rank' must be a whole number in 1…1024, not 'no'
           12 | adapter: {"λλ👩‍👩‍👧": 4, rank: no}
              |                           ^
        """#),
    BadManifest(
      name: "nothing that is required",
      text: #"""
        title: x
        """#,
      message: #"""
        a.yaml:1:1: error: the manifest has no 'name'
            1 | title: x
              | ^ the experiment's name and its folder under Results
        a.yaml:1:1: error: the manifest has no 'base'
            1 | title: x
              | ^ the base model: a folder or a name
        a.yaml:1:1: error: the manifest has no 'tasks'
            1 | title: x
              | ^ the tasks by name
        a.yaml:1:1: error: the manifest has no 'budget'
            1 | title: x
              | ^ exactly one of steps, tokens, passes and arms
        """#),
    BadManifest(
      name: "two tasks of one name",
      text: #"""
        name: a
        base: mini
        budget: {steps: 1}
        tasks:
          a: {data: x, kind: classification, labels: [x, y]}
          b: {data: x, kind: classification, labels: [x, y]}
          a: {data: x, kind: classification, labels: [x, y]}
        """#,
      message: #"""
        a.yaml:7:3: error: the key 'a' stands twice
            7 |   a: {data: x, kind: classification, labels: [x, y]}
              |   ^ it stands in line 5 already; keep one of the two
        """#),
    BadManifest(
      name: "values",
      text: manifestText(
        #"""
        adapter: {rank: 0, alpha: "8", dropout: 1.5, targets: []}
        training: {learning_rate: 1e-3x, schedule: cosin, keep_best: yes, batch_rows: [1, 2], warmup: {grid: []}, clip: {grid: [1, 1]}, patience: 3}
        """#),
      message: #"""
        a.yaml:11:17: error: 'rank' must be a whole number in 1…1024, not '0'
           11 | adapter: {rank: 0, alpha: "8", dropout: 1.5, targets: []}
              |                 ^
        a.yaml:11:27: error: 'alpha' must be a number in 0.001…100000, not '8'
           11 | adapter: {rank: 0, alpha: "8", dropout: 1.5, targets: []}
              |                           ^ leave out the quotes
        a.yaml:11:41: error: 'dropout' must be a number in 0…0.95, not '1.5'
           11 | adapter: {rank: 0, alpha: "8", dropout: 1.5, targets: []}
              |                                         ^
        a.yaml:11:55: error: 'adapter.targets' is empty
           11 | adapter: {rank: 0, alpha: "8", dropout: 1.5, targets: []}
              |                                                       ^ name at least one linear layer
        a.yaml:12:27: error: 'learning_rate' must be a number in 1e-08…10, not '1e-3x'
           12 | training: {learning_rate: 1e-3x, schedule: cosin, keep_best: yes, batch_rows: [1, 2], warmup: {grid: []}, clip: {grid: [1, 1]}, patience: 3}
              |                           ^ numbers are plain decimal, as 0.5 or 1e-3
        a.yaml:12:44: error: 'schedule' must be one of constant, linear, cosine, not 'cosin'
           12 | training: {learning_rate: 1e-3x, schedule: cosin, keep_best: yes, batch_rows: [1, 2], warmup: {grid: []}, clip: {grid: [1, 1]}, patience: 3}
              |                                            ^ did you mean 'cosine'?
        a.yaml:12:62: error: 'keep_best' must be true or false, not 'yes'
           12 | training: {learning_rate: 1e-3x, schedule: cosin, keep_best: yes, batch_rows: [1, 2], warmup: {grid: []}, clip: {grid: [1, 1]}, patience: 3}
              |                                                              ^ write true
        a.yaml:12:79: error: 'training.batch_rows' must be a single value, not a list
           12 | training: {learning_rate: 1e-3x, schedule: cosin, keep_best: yes, batch_rows: [1, 2], warmup: {grid: []}, clip: {grid: [1, 1]}, patience: 3}
              |                                                                               ^ to try each value, write 'batch_rows: {grid: [...]}'
        a.yaml:12:102: error: the grid of 'training.warmup' is empty
           12 | training: {learning_rate: 1e-3x, schedule: cosin, keep_best: yes, batch_rows: [1, 2], warmup: {grid: []}, clip: {grid: [1, 1]}, patience: 3}
              |                                                                                                      ^
        a.yaml:12:124: error: 1 stands twice in the grid of 'training.clip'
           12 | training: {learning_rate: 1e-3x, schedule: cosin, keep_best: yes, batch_rows: [1, 2], warmup: {grid: []}, clip: {grid: [1, 1]}, patience: 3}
              |                                                                                                                            ^
        a.yaml:12:129: error: 'patience' has no effect without validation
           12 | training: {learning_rate: 1e-3x, schedule: cosin, keep_best: yes, batch_rows: [1, 2], warmup: {grid: []}, clip: {grid: [1, 1]}, patience: 3}
              |                                                                                                                                 ^ set validate_every to a number of steps
        """#),
    BadManifest(
      name: "settings of the command line",
      text: manifestText(),
      overrides: [
        "adapter.rnk=4", "adapter.rank=4,x", "tasks.fbp.head=linear", "training=3", "cocktails.7=all",
        "seeds=0,0", "name=a/b",
      ],
      message: #"""
        -S tasks.fbp.head=linear: error: 'tasks' has no 'fbp' in the manifest
          did you mean 'fpb'?
        -S cocktails.7=all: error: 'cocktails' is a list and has no '7'
          it has 4 elements, counted from 0: cocktails.0
        -S name=a/b: error: 'a/b' cannot be a name
          names start with a letter, a digit or '_' and go on with these and '.', '+', '-'
        -S adapter.rnk=4: error: unknown key 'rnk' in 'adapter'
          did you mean 'rank'?
        -S adapter.rank=4,x: error: 'rank' must be a whole number in 1…1024, not 'x'
        -S training=3: error: 'training' must be a mapping, not a single value
        -S seeds=0,0: error: the seed 0 stands twice
        """#),
    BadManifest(
      name: "seeds and evaluations",
      text: manifestText(
        #"""
        evaluate: {tasks: [fbp], splits: [train]}
        cocktails: []
        """#),
      message: #"""
        a.yaml:11:20: error: unknown task 'fbp'
           11 | evaluate: {tasks: [fbp], splits: [train]}
              |                    ^ did you mean 'fpb'?
        a.yaml:11:35: error: 'splits' must be one of validation, test, not 'train'
           11 | evaluate: {tasks: [fbp], splits: [train]}
              |                                   ^
        a.yaml:12:12: error: 'cocktails' is empty
           12 | cocktails: []
              |            ^ leave it out to train each task alone
        """#),
  ]

  @Test(arguments: form)
  func `what is no manifest is refused with its place and a mend`(bad: BadManifest) {
    #expect(complaint { _ = try read(bad.text, bad.overrides) } == bad.message)
  }
}
