internal import Basics
internal import Language
internal import Outlines
public import Results
internal import Specs

/// Turns a manifest into jobs and models: finds data and base, shares what is equal, orders what depends.
public struct Planner: Sendable {
  private let vocabulary: Vocabulary
  private let resources: any Resources

  /// A planner for some words and some world.
  public init(vocabulary: Vocabulary, resources: any Resources) {
    self.vocabulary = vocabulary
    self.resources = resources
  }

  /// The plan of a manifest.
  ///
  /// - Parameter choice: What the seeds of `tune` have chosen so far; what is reported follows once they have chosen all.
  /// - Throws: `Diagnostics` with everything that the manifest asks for and the world does not have, or what
  ///   `Resources` throws for a file that cannot be read.
  public func plan(_ manifest: Manifest, choice: TuningChoice = TuningChoice()) throws -> Plan {
    var problems: [Diagnostic] = []
    var manifest = manifest
    let base = foundBase(&manifest, &problems)
    var finder = TaskFinder(manifest: manifest, resources: resources)
    var tasks: [TaskData] = []
    for task in manifest.tasks {
      if let data = try finder.find(task) { tasks.append(data) }
    }
    problems += finder.problems
    var notes: [PlanNote] = []
    for task in tasks {
      problems += missingSplits(task, manifest) + copies(task, manifest)
      guard let base else { continue }
      let heads = Set(manifest.points.map { $0.head ?? task.spec.head })
      if heads.contains(.answers), !base.outline.predictsTokens {
        problems.append(
          manifest.source.diagnostic(
            "the task '\(task.spec.name)' has head: answers, and the base predicts no tokens", at: task.place,
            hint: "take a decoder, such as smollm2-135m-instruct, or write head: linear or head: labels"))
      }
      guard case .named(let name, _) = manifest.base else { continue }
      for head in heads.sorted(by: { $0.rawValue < $1.rawValue }) {
        var spec = task.spec
        spec.head = head
        let fit = resources.fit(of: spec, base: name)
        problems += fit.problems.map { manifest.source.diagnostic($0.what, at: task.place, hint: $0.hint) }
          .filter { !problems.contains($0) }
        notes += fit.notes.map { PlanNote($0.what, at: task.place, hint: $0.hint) }.filter {
          !notes.contains($0)
        }
      }
    }
    for merge in manifest.merges { problems += missingTuning(merge, tasks, manifest) }
    if let place = manifest.bfloatPlace, let obstacle = resources.obstacle(to: .bfloat16) {
      problems.append(manifest.source.diagnostic(obstacle.what, at: place, hint: obstacle.hint))
    }
    guard problems.isEmpty, let base else { throw manifest.source.ordered(problems) }
    var locations = finder.locations
    if let path = base.path, case .folder(let sha256) = base.spec { locations[sha256] = path }
    let data = surveyed(&tasks, manifest, locations)
    var planning = Planning(
      manifest: manifest, vocabulary: vocabulary, base: base, tasks: tasks, choice: choice)
    planning.planAll()
    var plan = Plan(
      experiment: manifest.name, title: manifest.title, tasks: tasks.map { column($0.spec) },
      jobs: planning.graph.jobs, models: planning.models, budget: manifest.budget, margin: manifest.margin,
      locations: locations,
      plannedTasks: tasks.map(plannedTask), outline: base.outline, data: data,
      remarks: finder.notes + notes + planning.notes + cuts(manifest, base))
    plan.varies = manifest.varies
    plan.tried = planning.tried
    plan.isTriedWhole = planning.isTriedWhole
    return plan
  }

  /// What stands in the data, which tells the tasks how many rows a training really reads.
  private func surveyed(
    _ tasks: inout [TaskData], _ manifest: Manifest, _ locations: [String: String]
  ) -> [DataRow] {
    var base: String?
    if case .named(let name, _) = manifest.base { base = name }
    // Of several lengths the shortest cuts most.
    let maxTokens = manifest.points.map(\.training.maxTokens).min() ?? .max
    let choosesOnValidation =
      manifest.evaluate.splits.contains(.validation)
      || manifest.points.contains { $0.training.validateEvery > 0 }
    var rows: [DataRow] = []
    for index in tasks.indices {
      let splits = resources.facts(
        of: tasks[index].spec, base: base, maxTokens: maxTokens, locations: locations)
      tasks[index].trainingRows = splits.first { $0.split == .train }?.rows
      rows +=
        DataWarnings(
          tasks[index].spec, vocabulary.kind(tasks[index].spec.kind).outline, splits, maxTokens: maxTokens,
          choosesOnValidation: choosesOnValidation
        ).rows
    }
    return rows
  }

  /// A length that the manifest asks for and the base cannot read, or is not read with elsewhere; what the usual length cuts
  /// is told with the data.
  private func cuts(_ manifest: Manifest, _ base: FoundBase) -> [PlanNote] {
    let outline = base.outline
    guard manifest.setsMaxTokens, let asked = manifest.points.map(\.training.maxTokens).max() else {
      return []
    }
    guard asked > outline.limits.positions else {
      guard let longest = base.longest, asked > longest else { return [] }
      return [
        PlanNote(
          "training.max_tokens is \(asked), and sentence-transformers cuts texts for this base to \(longest) tokens "
            + "(max_seq_length in its sentence_bert_config.json): longer ones are read here to \(asked)")
      ]
    }
    return [
      PlanNote(
        "training.max_tokens is \(asked), but the base reads \(outline.limits.positions) tokens at most: longer texts are cut "
          + "to these")
    ]
  }

  private func plannedTask(_ task: TaskData) -> PlannedTask {
    var rows: [String: Int] = [:]
    for split in Split.allCases { rows[split.rawValue] = task.sizes[split]?.rows }
    var paths: [String: String] = [:]
    for (split, path) in task.paths { paths[split.rawValue] = path }
    return PlannedTask(spec: task.spec, rows: rows, paths: paths)
  }

  private func column(_ task: TaskSpec) -> TaskColumn {
    let metrics = task.metrics.map { name in
      let word = vocabulary.metrics.first { $0.name == name }
      return MetricColumn(name: name, higherIsBetter: word?.higherIsBetter ?? true)
    }
    var column = TaskColumn(name: task.name, kind: task.kind, metrics: metrics)
    column.by = task.by ?? ""
    return column
  }

  // MARK: The base

  /// Finds the base, which says where adapters sit if the manifest does not.
  private func foundBase(_ manifest: inout Manifest, _ problems: inout [Diagnostic]) -> FoundBase? {
    func settle(_ outline: ModelOutline) {
      if manifest.saysTargets { return }
      for point in manifest.points.indices {
        manifest.points[point].adapter.targets = outline.usualTargets.sorted()
      }
    }
    switch manifest.base {
    case .pretrained(let spec, _):
      let outline = resources.outline(of: spec)
      settle(outline)
      problems += missingTargets(manifest, outline)
      return FoundBase(pretrained: spec, outline: outline)
    case .named(let name, let place):
      do {
        let facts = try resources.base(name)
        settle(facts.outline)
        problems += missingTargets(manifest, facts.outline)
        return FoundBase(facts)
      } catch let diagnostic as Diagnostic {
        let isPlaced = diagnostic.place != nil
        problems.append(
          isPlaced
            ? diagnostic : manifest.source.diagnostic(diagnostic.what, at: place, hint: diagnostic.hint))
      } catch let diagnostics as Diagnostics {
        problems += diagnostics.all
      } catch {
        problems.append(manifest.source.diagnostic("the base '\(name)' cannot be used: \(error)", at: place))
      }
      return nil
    }
  }

  private func missingTargets(_ manifest: Manifest, _ outline: ModelOutline) -> [Diagnostic] {
    guard let adapter = manifest.points.first?.adapter else { return [] }
    let targets = adapter.layerTargets
    if let block = adapter.layersToTransform?.first(where: { $0 >= outline.blocks }) {
      return [
        manifest.source.diagnostic(
          "'layers_to_transform' names block \(block), and the base has \(outline.blocks)",
          at: manifest.targetsPlace, hint: "blocks are counted from 0 to \(outline.blocks - 1)")
      ]
    }
    let layers = outline.layers.map(\.path)
    var parts: [String] = []
    for layer in layers {
      let part = layer.split(separator: ".").last.map(String.init) ?? layer
      if !parts.contains(part) { parts.append(part) }
    }
    return targets.missing(among: layers).map { target in
      let near =
        adapter.targetPattern == nil
        ? nearestName(to: target, among: parts).map { "did you mean '\($0)'? " } ?? ""
        : "a text is a regular expression for a whole path such as \(layers.first ?? ""); names are a list, [query]; "
      return manifest.source.diagnostic(
        "the target '\(target)' matches no linear layer of the base", at: manifest.targetsPlace,
        hint: near + "its layers end in: \(parts.sorted().joined(separator: ", "))")
    }
  }

  // MARK: Splits

  /// Seeds that cannot differ would count as so many, and vary in nothing.
  private func copies(_ task: TaskData, _ manifest: Manifest) -> [Diagnostic] {
    guard manifest.varies == [.rows], manifest.seeds.count > 1 else { return [] }
    var whole = task
    whole.spec.limits = [:]
    guard task.rows(.train) >= whole.rows(.train) else { return [] }
    return [
      manifest.source.diagnostic(
        "all seeds of the task '\(task.spec.name)' would be copies of one: 'vary' names rows alone, and no limit draws some of its "
          + "\(whole.rows(.train))", at: task.place,
        hint: "add start or order to 'vary', or give the task a smaller limits.train")
    ]
  }

  private func missingSplits(_ task: TaskData, _ manifest: Manifest) -> [Diagnostic] {
    if case .listed(let names) = manifest.evaluate.tasks, !names.contains(task.spec.name) { return [] }
    return manifest.evaluate.splits.filter { !task.spec.has($0) }.map { split in
      let mend =
        split == .test
        ? "add one, or write evaluate: {splits: [validation]}"
        : "add one, set a validation_fraction above 0, or write evaluate: {splits: [test]}"
      return manifest.source.diagnostic(
        "the task '\(task.spec.name)' has no \(split.rawValue) data", at: task.place, hint: mend)
    }
  }
}

extension Planner {
  /// What the tasks of a merge's inputs lack for it to be tuned on them.
  fileprivate func missingTuning(
    _ merge: Manifest.Merge, _ tasks: [TaskData], _ manifest: Manifest
  ) -> [Diagnostic] {
    guard let tuning = merge.demands.tuning else { return [] }
    let names = Set(merge.inputs.flatMap { manifest.cocktails[$0].tasks })
    let split = tuning.split.split
    return tasks.filter { names.contains($0.spec.name) }.flatMap { task -> [Diagnostic] in
      var problems: [Diagnostic] = []
      if !task.spec.has(split) {
        problems.append(
          manifest.source.diagnostic(
            "'\(merge.method)' reads \(split.rawValue) data, and the task '\(task.spec.name)' has none",
            at: merge.place,
            hint: "add some, set a validation_fraction above 0, or leave the task out of this merge"))
      }
      if split == .validation, task.spec.has(split), task.rows(.validation) == 0 || task.fitRows == 0 {
        problems.append(
          manifest.source.diagnostic(
            "the validation rows of the task '\(task.spec.name)' are too few to be shared out: '\(merge.method)' fits on some, and "
              + "the others choose", at: merge.place,
            hint: "give it two or more, or leave the task out of this merge"))
      }
      if tuning.needsDistributions, let problem = noDistribution(task.spec, for: merge) {
        problems.append(manifest.source.diagnostic(problem.what, at: merge.place, hint: problem.hint))
      }
      return problems
    }
  }

  /// What a task predicts instead of a distribution, which a merge needs; nil where it predicts one.
  private func noDistribution(_ task: TaskSpec, for merge: Manifest.Merge) -> Diagnostic? {
    let readout = vocabulary.kind(task.kind).readout
    guard let found = readout(task).insteadOfDistribution else { return nil }
    let others = HeadKind.allCases.filter { head in
      var other = task
      other.head = head
      return readout(other).insteadOfDistribution == nil
    }
    return Diagnostic(
      "'\(merge.method)' needs predictions that are distributions, and the \(task.head.rawValue) head of the "
        + "\(task.kind) task '\(task.name)' gives \(found)",
      hint: (others.first.map { "give the task head: \($0.rawValue), or " } ?? "")
        + "take a method that reads labels: atlas, lorahub, search")
  }
}

/// The base as jobs need it.
struct FoundBase: Sendable {
  var spec: BaseSpec
  var pretrain: PretrainSpec?
  var path: String?
  var outline: ModelOutline
  /// What sentence-transformers cuts texts to, in tokens.
  var longest: Int?

  init(_ facts: BaseFacts) {
    longest = facts.longest
    spec = .folder(sha256: facts.sha256)
    path = facts.path
    outline = facts.outline
  }

  /// A base that a job will make; the job's identity is filled in when the job is planned.
  init(pretrained pretrain: PretrainSpec, outline: ModelOutline) {
    self.pretrain = pretrain
    spec = .pretrained(.none)
    self.outline = outline
  }
}
