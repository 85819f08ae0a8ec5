internal import Basics
internal import Specs

/// What many jobs of a plan share, made and hashed once.
struct PlanParts {
  /// A cocktail with its tasks by name, not in the manifest's order: moving a task in the file trains nothing again.
  struct Cocktail {
    var data: [TaskData]
    /// What trainings read of the tasks that never validate, and what is measured on training data.
    var trained: Hashed<[TaskSpec]>
    /// What trainings read that validate on the way.
    var validated: Hashed<[TaskSpec]>
    var hasLabelHeads: Bool
    /// The names of its tasks, sorted: `a+b`.
    var key: String
    /// The same in the manifest's order.
    var recipe: String
  }

  /// A cell of the training grids.
  struct Point {
    var adapter: Hashed<AdapterSpec>
    /// Where a task has a label head.
    var training: Hashed<TrainingSpec>
    /// Where none has.
    var linear: Hashed<TrainingSpec>
    var budget: Hashed<BudgetSpec>
    var validates: Bool
    /// What the base can read of the length that the manifest asks for.
    var maxTokens: Int
  }

  /// A split of a task that evaluations read.
  struct Read {
    /// The place of the task in the manifest.
    var index: Int
    /// The task as the manifest has it.
    var of: TaskSpec
    /// What models read of it.
    var task: Hashed<TaskSpec>
    /// The same where they are told its name.
    var told: Hashed<TaskSpec>
    var split: Split
  }

  /// What the cells of a merge share.
  struct Merge {
    var method: Vocabulary.Method?
    var parameters: Hashed<[String: ParameterValue]>
    /// Those of the merge job.
    var ruleParameters: Hashed<[String: ParameterValue]>
    var over: Hashed<[SearchRange]>
    /// The tasks that the inputs learned, in the manifest's order.
    var learned: [String]
    /// The place among the merge's inputs of the model that is taken as a task's expert: its single where there is one.
    var expert: [String: Int]
    /// The tasks by name.
    var data: [TaskData]
    var recipe: String
  }

  /// What follows from the heads of the tasks.
  struct Heads {
    /// In the manifest's order.
    var tasks: [TaskData]
    var cocktails: [Cocktail]
    var read: [Read]
  }

  let tasks: [TaskData]
  let points: [Point]
  private let heads: [HeadKind?: Heads]
  private let manifest: Manifest
  private let methods: [String: Vocabulary.Method]

  init(_ manifest: Manifest, _ tasks: [TaskData], _ vocabulary: Vocabulary, positions: Int) {
    self.manifest = manifest
    self.tasks = tasks
    methods = Dictionary(vocabulary.methods.map { ($0.name, $0) }) { first, _ in first }
    var validating = TrainingSpec()
    validating.validateEvery = 1
    var heads: [HeadKind?: Heads] = [:]
    for head in Set(manifest.points.map(\.head) + [nil]) {
      heads[head] = Self.heads(head, manifest, tasks, validating, vocabulary)
    }
    self.heads = heads
    points = manifest.points.map { point in
      var training = point.training
      // A longer text could not be read.
      training.maxTokens = min(training.maxTokens, positions)
      return Point(
        adapter: Hashed(point.adapter), training: Hashed(training.effective(withLabelHeads: true)),
        linear: Hashed(training.effective(withLabelHeads: false)), budget: Hashed(point.budget),
        validates: training.validateEvery > 0, maxTokens: training.maxTokens)
    }
  }

  /// Cocktails and evaluations where all tasks have a head, or, for nil, each its own.
  private static func heads(
    _ head: HeadKind?, _ manifest: Manifest, _ tasks: [TaskData], _ validating: TrainingSpec,
    _ vocabulary: Vocabulary
  ) -> Heads {
    let tasks = tasks.map { task in
      var task = task
      if let head {
        var spec = task.spec
        spec.head = head
        // A task that cannot have the head keeps its own.
        if vocabulary.kind(spec.kind).outline.problem(spec) == nil { task.spec = spec }
      }
      return task
    }
    let sorted = tasks.sorted { $0.spec.name < $1.spec.name }
    let cocktails = manifest.cocktails.map { cocktail in
      let data = sorted.filter { cocktail.tasks.contains($0.spec.name) }
      return Cocktail(
        data: data, trained: Hashed(data.map { $0.spec.trained(TrainingSpec()) }),
        validated: Hashed(data.map { $0.spec.trained(validating) }),
        hasLabelHeads: data.contains { $0.spec.head == .labels },
        key: cocktail.tasks.sorted().joined(separator: "+"), recipe: cocktail.tasks.joined(separator: "+"))
    }
    let read = tasks.enumerated().flatMap { index, task in
      manifest.evaluate.splits.map { split in
        Read(
          index: index, of: task.spec, task: Hashed(task.spec.predicted(split, isTold: false)),
          told: Hashed(task.spec.predicted(split, isTold: true)), split: split)
      }
    }
    return Heads(tasks: tasks, cocktails: cocktails, read: read)
  }

  /// A cocktail with the heads of a grid point.
  func cocktail(_ index: Int, at point: Int) -> Cocktail { of(manifest.points[point].head).cocktails[index] }

  /// What follows from a head of all tasks, or, for nil, from each its own.
  func of(_ head: HeadKind?) -> Heads {
    guard let found = heads[head] else { preconditionFailure("no grid point has this head") }
    return found
  }

  /// What the cells of a merge share.
  func merge(_ merge: Manifest.Merge) -> Merge {
    let inputs = merge.inputs.map { manifest.cocktails[$0] }
    let learned = manifest.tasks.map(\.name).filter { name in inputs.contains { $0.tasks.contains(name) } }
    var expert: [String: Int] = [:]
    for task in learned {
      expert[task] =
        inputs.firstIndex { $0.tasks == [task] } ?? inputs.firstIndex { $0.tasks.contains(task) }
    }
    let data = tasks.filter { learned.contains($0.spec.name) }.sorted { $0.spec.name < $1.spec.name }
    let method = methods[merge.method]
    return Merge(
      method: method, parameters: Hashed(merge.parameters),
      ruleParameters: Hashed(merge.demands.trained?.parameters ?? merge.parameters), over: Hashed(merge.over),
      learned: learned, expert: expert, data: data, recipe: recipe(merge, inputs, servedBy: method?.servedBy))
  }

  /// `ties density=0.2 of fpb+fomc`, `emr_masks (task known) of fpb+fomc`.
  private func recipe(_ merge: Manifest.Merge, _ inputs: [Manifest.Cocktail], servedBy: String?) -> String {
    let separator = inputs.allSatisfy(\.isSingle) ? "+" : ", "
    let method = merge.words.isEmpty ? merge.method : "\(merge.method) \(merge.words)"
    let served = servedBy.map { " (\($0))" } ?? ""
    return "\(method)\(served) of \(inputs.map(\.name).joined(separator: separator))"
  }
}
