import Basics
import Results
import Specs

/// A small experiment with everything that the tables must cope with: two grid points, three seeds, metrics
/// of both directions, a missing evaluation, a failed job, and a value that is no number.
enum Sample {
  static let tasks = [
    TaskColumn(
      name: "fpb", kind: TaskKind("classification"),
      metrics: [
        MetricColumn(name: "macro_f1", higherIsBetter: true),
        MetricColumn(name: "accuracy", higherIsBetter: true),
      ]),
    TaskColumn(
      name: "fomc", kind: TaskKind("classification"),
      metrics: [MetricColumn(name: "macro_f1", higherIsBetter: true)]),
    TaskColumn(
      name: "fiqa", kind: TaskKind("regression"),
      metrics: [
        MetricColumn(name: "mse", higherIsBetter: false), MetricColumn(name: "pearson", higherIsBetter: true),
      ]),
  ]
  static let seeds = [0, 1, 2]
  static let settings = ["adapter.rank=4", "adapter.rank=8"]
  static let cocktails = [["fpb", "fomc"], ["fpb", "fomc", "fiqa"]]

  static let results = ResultSet(
    experiment: "sample", title: "Do related tasks help each other?", tasks: tasks, models: models,
    scores: scores,
    mixtures: mixtures, merges: merges, curves: curves, costs: costs,
    failures: [
      FailureRow(
        job: job("train", "cocktail:all[adapter.rank=8]", 2),
        label: "train cocktail:all[adapter.rank=8] seed 2",
        message: "error: the loss is no number | step 17\n  lower learning_rate")
    ],
    budget: "200 optimiser steps", data: data)

  static func job(_ kind: String, _ model: String, _ seed: Int?) -> String {
    var stream = RandomStream(seed: seed ?? 99, kind, model)
    let digits = String(stream.next(), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  static let models: [ModelRow] = {
    var rows = [
      ModelRow(
        model: "base", kind: .base, recipe: "base", settings: "", tasks: [], seed: nil, steps: 0, examples: 0,
        tokens: 0, bytes: 0, job: "")
    ]
    rows += ["majority", "probe", "blind-1"].map { floor in
      ModelRow(
        model: "floor:\(floor)", kind: .floor, recipe: floor, settings: "", tasks: [], seed: nil, steps: 0,
        examples: 0,
        tokens: 0, bytes: 0, job: "")
    }
    for setting in settings {
      for task in tasks {
        rows += seeds.map { trained("single:\(task.name)", .single, [task.name], setting, $0) }
      }
      for names in cocktails {
        let name = names.count == tasks.count ? "all" : names.joined(separator: "+")
        rows += seeds.map { trained("cocktail:\(name)", .cocktail, names, setting, $0) }
      }
      for method in ["linear", "ties(density=0.2)"] {
        rows += seeds.map { merged(method, setting, $0) }
      }
    }
    return rows
  }()

  private static func trained(
    _ name: String, _ kind: ModelKind, _ tasks: [String], _ setting: String, _ seed: Int
  ) -> ModelRow {
    let model = "\(name)[\(setting)]"
    return ModelRow(
      model: model, kind: kind, recipe: tasks.joined(separator: "+"), settings: setting, tasks: tasks,
      seed: seed,
      steps: 200, examples: 6400, tokens: 190_000 + 1000 * seed + 10 * tasks.count, flops: 2.5e12,
      bytes: 294_912,
      job: job("train", model, seed))
  }

  private static func merged(_ method: String, _ setting: String, _ seed: Int) -> ModelRow {
    let model = "merge:\(method)[\(setting)]"
    return ModelRow(
      model: model, kind: .merge, recipe: "\(method) of fpb+fomc+fiqa", settings: setting,
      tasks: tasks.map(\.name), seed: seed, steps: 600, examples: 19_200, tokens: 573_000, flops: 7.5e12,
      bytes: 884_736,
      job: job("merge", model, seed))
  }

  static let scores: [ScoreRow] = models.flatMap { model in
    tasks.flatMap { task in
      [Split.validation, .test].flatMap { split in
        task.metrics.compactMap { metric in score(model, task, split, metric) }
      }
    }
  }

  private static func score(
    _ model: ModelRow, _ task: TaskColumn, _ split: Split, _ metric: MetricColumn
  ) -> ScoreRow? {
    // Its training failed, and one evaluation is missing.
    if model.model == "cocktail:all[adapter.rank=8]", model.seed == 2 { return nil }
    if model.model == "single:fomc[adapter.rank=8]", model.seed == 1, task.name == "fpb" { return nil }
    // One task alone is made of two columns.
    if model.recipe == "blind-1", task.name != "fiqa" { return nil }
    var stream = RandomStream(seed: model.seed ?? 99, model.model, task.name, split.rawValue, metric.name)
    let seen = model.tasks.contains(task.name)
    var skill = 0.35 + (seen ? 0.4 : 0) + (model.settings.hasSuffix("8") ? 0.01 : 0)
    if model.kind == .cocktail, seen { skill += task.name == "fiqa" ? -0.12 : 0.05 }
    if model.kind == .merge { skill -= 0.09 }
    if model.kind == .floor { skill += model.recipe == "probe" ? 0.2 : -0.05 }
    skill += 0.01 * stream.normal()
    // A constant prediction has no correlation.
    let value =
      metric.name == "pearson" && ["base", "majority"].contains(model.recipe)
      ? .nan : metric.higherIsBetter ? skill : 1 - skill
    return ScoreRow(
      model: model.model, seed: model.seed, task: task.name, split: split, metric: metric.name, value: value,
      n: split == .test ? 970 : 310,
      job: job("evaluate \(task.name) \(split.rawValue)", model.model, model.seed))
  }

  static let mixtures: [MixtureRow] = models.flatMap { model in
    guard let seed = model.seed, model.kind != .merge else { return [MixtureRow]() }
    let part = model.examples / model.tasks.count
    return model.tasks.map { task in
      let drawn = DrawnTask(
        task: task, examples: part, tokens: part * 30 + seed, epochs: Double(part) / 3100,
        repeats: max(0, part - 3100))
      return MixtureRow(model: model.model, seed: seed, drawn: drawn)
    }
  }

  static let curves: [CurveRow] = models.filter { [.single, .cocktail].contains($0.kind) }.flatMap { model in
    (1...20).map { part in
      CurveRow(
        model: model.model, seed: model.seed ?? 0, step: 10 * part,
        loss: 0.3 + 1 / Double(part) + 0.01 * Double(model.seed ?? 0), validation: part % 10 == 0 ? 0.7 : nil)
    }
  }

  static let merges: [MergedRow] = models.filter { $0.kind == .merge }.map { model in
    let method = model.model.contains("ties") ? "ties" : "linear"
    let sites = (0..<2).map { layer in
      MergedSite(
        site: "encoder.layer.\(layer).attention.self.query", rank: 24,
        retainedEnergy: method == "ties" ? 0.5 + 0.125 * Double(layer) : 1, norm: 1.5)
    }
    return MergedRow(model: model.model, seed: model.seed ?? 0, method: method, sites: sites)
  }

  static let costs: [CostRow] = models.filter { !$0.job.isEmpty }.map { model in
    let cost = JobCost(
      cpuSeconds: 12.25, arithmeticSeconds: model.kind == .merge ? nil : 12, wallSeconds: 12.5,
      peakResidentMegabytes: 310.5, worker: "worker 1",
      machine: "2 cores, AVX-512"
    )
    return CostRow(
      job: model.job, kind: model.kind == .merge ? "merge" : "train",
      label: "train \(model.model) seed \(model.seed ?? 0)", cost: cost,
      predictedSeconds: model.kind == .merge ? nil : 11)
  }
}
