internal import Basics
public import Experiment
public import Foundation
internal import Specs
internal import Tasks

/// `predictions.jsonl.gz`: what the models of the comparisons answered, small enough to be kept with the tables.
///
/// For each task and split one line of what was asked, without any text,
/// `{"task":"news","split":"test","labels":["bad","good"],"rows":[1,2],"targets":[0,1]}`, then one of each model and seed,
/// `{"task":"news","split":"test","model":"single:news","seed":0,"predictions":[0,0],"correct":"10"}`. Labels and tags are
/// places in `labels`, numbers are themselves and have no `correct`. Of a task whose metrics are means over groups the first line
/// has `"by":"attribute","groups":["down","up"],"group":[0,1]` too, the place of each row's group. From these lines every number of the tables can be
/// computed again by another program.
public struct PredictionArchive: Sendable {
  private let store: JobStore

  /// Reads from a store.
  public init(store: JobStore) {
    self.store = store
  }

  /// Writes the file of a plan's models of some names; one that says the same already is left alone.
  ///
  /// - Throws: a `Diagnostic` for predictions that are not what their job wrote, or for data that cannot be read.
  public func write(_ plan: Plan, models names: Set<String>, to file: URL) throws {
    var lines = ""
    let scorer = Scorer(store: store, plan: plan, keeps: false)
    for task in plan.plannedTasks {
      for split in Split.allCases {
        guard let asked = scorer.targets(Scorer.Question(task: task.spec.name, split: split)) else {
          continue
        }
        let head = "{\"task\":\(JSONText.quoted(task.spec.name)),\"split\":\"\(split.rawValue)\","
        var isFirst = true
        for model in plan.models where names.contains(model.model) {
          let found = model.evaluations.first { $0.task == task.spec.name && $0.split == split }
          guard let job = found?.job, store.contains(job), !store.isDropped(job) else { continue }
          let rows = try scorer.joined(job, asked)
          let (columns, targets) = (rows.columns, rows.targets)
          if isFirst {
            let labels = asked.task.labels.map { JSONText.quoted($0.name) }.joined(separator: ",")
            lines +=
              head
              + "\"labels\":[\(labels)],\"rows\":[\(columns.rows.map { "\($0)" }.joined(separator: ","))],"
            lines += "\"targets\":[\(targets.map(Self.text).joined(separator: ","))]"
            lines += Self.groups(rows.wanted.groups, by: asked.task.by) + "}\n"
            isFirst = false
          }
          let answers = columns.predictions.map(\.target)
          lines +=
            head
            + "\"model\":\(JSONText.quoted(model.model)),\"seed\":\(model.seed.map(String.init) ?? "null"),"
          lines += "\"predictions\":[\(answers.map(Self.text).joined(separator: ","))]"
          let correct = zip(answers, targets).compactMap { asked.task.isRight($0, $1).map { $0 ? "1" : "0" } }
          lines += (correct.isEmpty ? "" : ",\"correct\":\"\(correct.joined())\"") + "}\n"
        }
      }
    }
    let data = Data(Gzip.compressed(Array(lines.utf8)))
    if let old = try? Data(contentsOf: file, options: .mappedIfSafe), old == data { return }
    try data.write(to: file, options: .atomic)
  }

  /// The names of the groups in the order of the rows, and the place of each row's; nothing for a task without groups.
  private static func groups(_ groups: [String?], by column: String?) -> String {
    guard let column else { return "" }
    var places: [String: Int] = [:]
    var names: [String] = []
    let rows = groups.map { group -> String in
      let name = group ?? ""
      if places[name] == nil {
        places[name] = names.count
        names.append(JSONText.quoted(name))
      }
      return "\(places[name] ?? 0)"
    }
    return ",\"by\":\(JSONText.quoted(column)),\"groups\":[\(names.joined(separator: ","))]"
      + ",\"group\":[\(rows.joined(separator: ","))]"
  }

  private static func text(_ target: Target) -> String {
    switch target {
    case .label(let label): "\(label)"
    case .number(let number): Double(Float(number)) == number ? "\(Float(number))" : "\(number)"
    case .tags(let tags), .labels(let tags): "[\(tags.map { "\($0)" }.joined(separator: ","))]"
    }
  }
}
