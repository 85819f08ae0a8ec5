import Basics
import Experiment
import Tasks
import Testing

@Suite struct MeaningErrorTests {
  private static let kinds = TaskKinds.all.names.joined(separator: ", ")

  private static let meaning: [BadManifest] = [
    BadManifest(
      name: "tasks",
      text: #"""
        name: a
        base: mini
        budget: {steps: 1, tokens: 3}
        tasks:
          a: {data: x, kind: classificaton}
          b: {data: x, kind: classification, metrics: [mse, accurcy]}
          c: {kind: regression}
          d: {data: x, kind: regression, text: hello}
          e f: {data: x}
          g: {data: x, files: {train: a}}
          h: {data: x}
          i: {data: x, kind: regression, anchors: {low: {description: x}, high: 3}}
          j: {data: x, kind: tagging, labels: [O, PER]}
          k: {data: x, kind: classification, labels: [a, a]}
          l: {generate: {form: sentimnt, rows: {train: 3}}}
          m: {generate: {form: topic, rows: {test: 3}, noise: 2}, labels: [a]}
          n: {data: x, kind: classification, labels: {a: x}}
          o: {generate: {form: topic, rows: {train: 3}}, by: topic}
          p: {data: x, kind: classification, labels: [a, b], by: label}
        """#,
      message: #"""
        a.yaml:3:20: error: 'budget' is set in 2 ways
            3 | budget: {steps: 1, tokens: 3}
              |                    ^ give exactly one of steps, tokens, passes, arms
        a.yaml:5:22: error: 'kind' must be one of \#(kinds), not 'classificaton'
            5 |   a: {data: x, kind: classificaton}
              |                      ^ did you mean 'classification'?
        a.yaml:6:3: error: the task 'b' has no labels
            6 |   b: {data: x, kind: classification, metrics: [mse, accurcy]}
              |   ^ add labels: {name: "what it means", ...}, or a list of names
        a.yaml:6:48: error: the metric 'mse' does not suit classification
            6 |   b: {data: x, kind: classification, metrics: [mse, accurcy]}
              |                                                ^ these do: accuracy, macro_f1
        a.yaml:6:53: error: unknown metric 'accurcy'
            6 |   b: {data: x, kind: classification, metrics: [mse, accurcy]}
              |                                                     ^ did you mean 'accuracy'?
        a.yaml:7:3: error: the task 'c' has no examples
            7 |   c: {kind: regression}
              |   ^ give it exactly one of data, files and generate
        a.yaml:8:3: error: the regression task 'd' has a label head and no anchors
            8 |   d: {data: x, kind: regression, text: hello}
              |   ^ add two or more anchors: {low: {description: "...", value: -1}, ...}, or head: linear
        a.yaml:8:40: error: 'text' names no column
            8 |   d: {data: x, kind: regression, text: hello}
              |                                        ^ write columns in braces: "{text}"
        a.yaml:9:3: error: 'e f' cannot be a name
            9 |   e f: {data: x}
              |   ^ names start with a letter, a digit or '_' and go on with these and '.', '+', '-'
        a.yaml:10:3: error: the task 'g' has both 'data' and 'files'
           10 |   g: {data: x, files: {train: a}}
              |   ^ give it exactly one of data, files and generate
        a.yaml:11:3: error: the task 'h' has no 'kind'
           11 |   h: {data: x}
              |   ^ add one of \#(kinds)
        a.yaml:12:49: error: 'tasks.i.anchors.low' has no 'value'
           12 |   i: {data: x, kind: regression, anchors: {low: {description: x}, high: 3}}
              |                                                 ^ the number that the anchor stands for
        a.yaml:12:73: error: 'tasks.i.anchors.high' must be a mapping, not a single value
           12 |   i: {data: x, kind: regression, anchors: {low: {description: x}, high: 3}}
              |                                                                         ^
        a.yaml:13:39: error: the tag 'PER' is not of the BIO kind
           13 |   j: {data: x, kind: tagging, labels: [O, PER]}
              |                                       ^ tags are O, B-something and I-something
        a.yaml:14:50: error: the label 'a' stands twice
           14 |   k: {data: x, kind: classification, labels: [a, a]}
              |                                                  ^
        a.yaml:15:24: error: 'form' must be one of sentiment, topic, not 'sentimnt'
           15 |   l: {generate: {form: sentimnt, rows: {train: 3}}}
              |                        ^ did you mean 'sentiment'?
        a.yaml:16:37: error: the task 'm' has no training rows
           16 |   m: {generate: {form: topic, rows: {test: 3}, noise: 2}, labels: [a]}
              |                                     ^ add 'train' to 'rows'
        a.yaml:16:55: error: 'noise' must be a number in 0…1, not '2'
           16 |   m: {generate: {form: topic, rows: {test: 3}, noise: 2}, labels: [a]}
              |                                                       ^
        a.yaml:16:59: error: 'labels' cannot be set for a generated task
           16 |   m: {generate: {form: topic, rows: {test: 3}, noise: 2}, labels: [a]}
              |                                                           ^ the form brings it; leave it out
        a.yaml:17:46: error: the task 'n' needs at least two labels
           17 |   n: {data: x, kind: classification, labels: {a: x}}
              |                                              ^
        a.yaml:18:50: error: 'by' cannot be set for a generated task
           18 |   o: {generate: {form: topic, rows: {train: 3}}, by: topic}
              |                                                  ^ it names a column, and generated rows have none; leave it out
        a.yaml:19:58: error: 'by' names the target 'label': within rows of one answer metrics have nothing to tell apart
           19 |   p: {data: x, kind: classification, labels: [a, b], by: label}
              |                                                          ^ name a column of the rows' origin or question; macro_f1 weighs all labels alike
        """#),
    BadManifest(
      name: "cocktails",
      text: manifestText(
        #"""
        cocktails:
          - single
          - {name: x, tasks: [fbp, ner]}
          - {tasks: []}
          - {name: all, tasks: [fpb]}
          - {name: fpb, tasks: [fomc, ner]}
          - {pairs: {family: sentment}}
          - {subsets: {sizes: [5]}}
          - {pairs: within_families, name: x}
          - {name: t, tasks: [fpb, ner], sampling: {rule: equal, cap: 5}}
          - {name: u, tasks: [fpb, ner], sampling: {rule: temperature}}
          - {name: v, tasks: [fpb, ner], sampling: {rule: weights, weights: {fomc: 2}}}
          - {name: two, tasks: [fpb, ner]}
          - {name: two, tasks: [fpb, fomc]}
          - {}
        """#),
      message: #"""
        a.yaml:12:5: error: 'cocktails' must be one of singles, pairs, leave_one_out, all, not 'single'
           12 |   - single
              |     ^ did you mean 'singles'?
        a.yaml:13:23: error: unknown task 'fbp'
           13 |   - {name: x, tasks: [fbp, ner]}
              |                       ^ did you mean 'fpb'?
        a.yaml:14:13: error: a cocktail without tasks
           14 |   - {tasks: []}
              |             ^ name at least one task
        a.yaml:15:12: error: a cocktail cannot be called 'all', which is a word of the language
           15 |   - {name: all, tasks: [fpb]}
              |            ^
        a.yaml:16:12: error: a cocktail cannot be called 'fpb', which is the name of a task
           16 |   - {name: fpb, tasks: [fomc, ner]}
              |            ^
        a.yaml:17:22: error: no task is of the family 'sentment'
           17 |   - {pairs: {family: sentment}}
              |                      ^ did you mean 'sentiment'?
        a.yaml:18:24: error: there are no subsets of 5 among 4 tasks
           18 |   - {subsets: {sizes: [5]}}
              |                        ^
        a.yaml:19:30: error: 'name' cannot stand beside 'pairs'
           19 |   - {pairs: within_families, name: x}
              |                              ^ it belongs to a list of tasks
        a.yaml:20:58: error: 'cap' has no effect with the sampling rule 'equal'
           20 |   - {name: t, tasks: [fpb, ner], sampling: {rule: equal, cap: 5}}
              |                                                          ^ it belongs to rule: proportional or rule: temperature
        a.yaml:21:51: error: the sampling rule 'temperature' needs 'temperature'
           21 |   - {name: u, tasks: [fpb, ner], sampling: {rule: temperature}}
              |                                                   ^
        a.yaml:22:70: error: the task 'fomc' is not in this cocktail
           22 |   - {name: v, tasks: [fpb, ner], sampling: {rule: weights, weights: {fomc: 2}}}
              |                                                                      ^ leave its weight out
        a.yaml:24:12: error: two different cocktails are called 'two'
           24 |   - {name: two, tasks: [fpb, fomc]}
              |            ^ rename one of them
        a.yaml:25:5: error: this cocktail has no tasks
           25 |   - {}
              |     ^ give exactly one of tasks, pairs and subsets
        """#),
    BadManifest(
      name: "merges",
      text: manifestText(
        #"""
        merges:
          - {method: tise}
          - {method: ties, densty: 0.2}
          - {method: ties, density: 2}
          - {of: [fpb]}
          - {method: linear, of: []}
          - {method: linear, of: [fpb, nope]}
          - {method: linear, of: [fpb, ner], weights: [1]}
          - {method: linear, of: [fpb, fpb]}
          - {method: linear}
          - {method: linear, of: [fpb, ner]}
        """#),
      message: #"""
        a.yaml:12:14: error: unknown merge method 'tise'
           12 |   - {method: tise}
              |              ^ did you mean 'ties'?
        a.yaml:13:20: error: unknown parameter 'densty' of merge method 'ties'
           13 |   - {method: ties, densty: 0.2}
              |                    ^ did you mean 'density'?
        a.yaml:14:29: error: 'density' must be a number in 0…1, not '2'
           14 |   - {method: ties, density: 2}
              |                             ^
        a.yaml:15:5: error: 'merges.3' has no 'method'
           15 |   - {of: [fpb]}
              |     ^ the merge method
        a.yaml:16:26: error: a merge of no model
           16 |   - {method: linear, of: []}
              |                          ^ name at least one task or cocktail, or write of: singles
        a.yaml:17:32: error: unknown task or cocktail 'nope'
           17 |   - {method: linear, of: [fpb, nope]}
              |                                ^ known: fpb, fomc, fiqa, ner
        a.yaml:18:47: error: 1 weight for 2 models
           18 |   - {method: linear, of: [fpb, ner], weights: [1]}
              |                                               ^ give one weight for each, in their order
        a.yaml:19:32: error: 'fpb' stands twice in the merge
           19 |   - {method: linear, of: [fpb, fpb]}
              |                                ^ give it a weight instead
        a.yaml:21:5: error: two merges are called 'merge:linear'
           21 |   - {method: linear, of: [fpb, ner]}
              |     ^ give one of them a 'name' of its own
        """#),
    BadManifest(
      name: "what a merge method has against a merge",
      text: manifestText(
        #"""
        merges:
          - {method: slerp}
          - {method: slerp, of: [fpb, ner]}
          - {method: slerp, name: three, of: [fpb, ner, fiqa]}
          - {method: slerp, name: weighed, of: [fpb, ner, fiqa], weights: [1, 1, 2]}
          - {method: slerp, name: none, of: [fpb, ner, fiqa], weights: [0, 0, 0]}
        """#),
      message: #"""
        a.yaml:12:14: error: slerp takes 2 models, not 4
           12 |   - {method: slerp}
              |              ^ name two
        a.yaml:14:38: error: slerp takes 2 models, not 3
           14 |   - {method: slerp, name: three, of: [fpb, ner, fiqa]}
              |                                      ^ name two
        a.yaml:15:67: error: slerp takes 2 models, not 3
           15 |   - {method: slerp, name: weighed, of: [fpb, ner, fiqa], weights: [1, 1, 2]}
              |                                                                   ^ name two
        a.yaml:16:64: error: all weights are 0
           16 |   - {method: slerp, name: none, of: [fpb, ner, fiqa], weights: [0, 0, 0]}
              |                                                                ^
        """#),
  ]

  @Test func `a part to fit on where no merge fits is refused`() throws {
    var words = Vocabulary.small
    words.methods.append(
      Vocabulary.Method(
        name: "adamerging", parameters: [],
        demands: Vocabulary.asking({ _ in
          .tuned(.init(.learned(.init(steps: 1, batch: 1, fullMatrices: 0, readsLabels: false))))
        })))
    let text = manifestText("merges: [{method: adamerging, of: [fpb, fiqa]}]")
    func told(_ overrides: String...) -> String {
      complaint { _ = try read(text, overrides, vocabulary: words) }
    }
    #expect(told("task_defaults.fit_fraction=0.3") == "nothing was refused")
    #expect(told("tasks.fpb.fit_fraction=0.3") == "nothing was refused")
    #expect(
      told("tasks.fomc.fit_fraction=0.3").contains(
        "'fit_fraction' has no effect: no merge of the task 'fomc' fits on validation rows"))
    #expect(
      told("task_defaults.fit_fraction=0.3", "merges=[{method: linear}]").contains(
        "'fit_fraction' has no effect: no merge fits on validation rows"))
  }

  @Test(arguments: meaning)
  func `what does not fit together is refused with its place and a mend`(bad: BadManifest) {
    #expect(complaint { _ = try read(bad.text, bad.overrides) } == bad.message)
  }
}
