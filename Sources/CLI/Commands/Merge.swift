import ArgumentParser
import Basics
import Bench
import Checkpoints
import Execution
import Experiment
import Foundation
import Language
import Machine
import Merging
import Recipes
import Specs
import Terminal

/// Merges adapters or checkpoints by a recipe.
struct Merge: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Merges PEFT adapters or full checkpoints by a recipe; lists and explains the merge methods.",
    discussion: """
      A recipe is a YAML file in mergekit's words:

        merge_method: ties
        base_model: all-MiniLM-L6-v2
        models:
          - {model: adapters/fpb, parameters: {weight: 1}}
          - {model: adapters/fomc, parameters: {weight: 0.5}}
        parameters: {density: 0.5}

      'base_model' may be left out; with it the adapters are checked against the base. Relative folders start from \
      the recipe's own.

      Recipes of full checkpoints are mergekit's as they are: models or slices, gradients over layers, filters, \
      checkpoint+adapter, dtype, tokenizer_source. A method means there what mergekit means by it.
      """)

  @Argument(help: "The recipe, a YAML file.", transform: { UserPath.expanded($0) })
  var recipe: String?

  @Argument(help: "The folder of the merged adapter or checkpoint.", transform: { UserPath.expanded($0) })
  var output: String?

  @Flag(help: "Replaces an earlier merge in the output folder.")
  var force = false

  @Option(help: "The most bytes of tensors in a file of a checkpoint: 5GB, 500MB.")
  var maxShardSize = "5GB"

  @Option(help: "Layers or tensors that are merged at once; by default one per core.")
  var threads: Int?

  @Flag(help: "With --list or --explain: the methods of full checkpoints.")
  var checkpoints = false

  @Flag(help: "Lists the merge methods.")
  var list = false

  @Option(help: "Explains a merge method and its parameters.")
  var explain: String?

  func validate() throws {
    if let threads { try atLeastOne(threads, "threads") }
    if list || explain != nil { return }
    if recipe == nil { throw ValidationError("a recipe and an output folder are missing") }
    if output == nil { throw ValidationError("the output folder is missing") }
  }

  func run() throws {
    if checkpoints, list {
      let width = CheckpointMethods.all.names.map(\.count).max() ?? 0
      for row in CheckpointMethods.all.entries { Console.print("\(padded(row.name, width))  \(row.summary)") }
    } else if checkpoints, let explain {
      Console.print(MergeExplanation.text(try CheckpointMethods.all.entry(named: explain)))
    } else if list {
      let width = MergeMethods.all.names.map(\.count).max() ?? 0
      for row in MergeMethods.all.entries { Console.print("\(padded(row.name, width))  \(row.summary)") }
    } else if let explain {
      // Some methods are of full checkpoints alone.
      let isOwn = MergeMethods.all.names.contains(explain)
      let isOther = !isOwn && CheckpointMethods.all.names.contains(explain)
      guard isOwn || isOther else {
        throw Diagnostic(
          "unknown merge method '\(explain)'",
          hint: OtherWords.methodHint(explain, among: MergeMethods.all.names))
      }
      Console.print(
        isOther
          ? MergeExplanation.text(try CheckpointMethods.all.entry(named: explain))
          : MergeExplanation.text(try MergeMethods.all.entry(named: explain)))
    } else if let recipe, let output {
      try BestKernel.use(threads: threads)
      try merge(recipe, into: output)
    }
  }

  private func merge(_ file: String, into output: String) throws {
    let text = try InputFile.text(file, called: "the recipe", hint: "is the path right?")
    let shard = try OutputFolder.bytes(maxShardSize)
    let environment = ProcessInfo.processInfo.environment
    if CheckpointMerger.takes(text, path: file, environment: environment) {
      return try CheckpointMerge(threads: threads, largestShard: shard).run(text, file, into: output) {
        try checkOutput(output)
      }
    }
    let recipe = try MergeRecipeReader.read(
      text, path: file, methods: MergeMethods.all.entries, home: UserPath.home)
    try checkOutput(output)
    let result = try RecipeMerger.merge(
      recipe, into: output, environment: environment, version: Product.version,
      threads: threads ?? MachineFacts.cores)
    let words = try spoken(MergeMethods.all.entry(named: recipe.method), recipe.parameters)
    let energies = result.sites.map(\.retainedEnergy)
    let mean = energies.reduce(0, +) / Double(max(1, energies.count))
    Console.print(
      """
      \(recipe.method) of \(recipe.models.count) adapters: \(result.sites.count) layers, \
      rank up to \(result.sites.map(\.rank).max() ?? 0), \(grouped(result.bytes)) bytes
      parameters: \(words.isEmpty ? "none" : words)
      retained energy: mean \(rounded(mean, 4)), least \(rounded(energies.min() ?? 1, 4))
      written: \(output)/\(try files(in: output).joined(separator: ", "))
      """)
  }
}

extension Merge {
  /// What a merge was made with, defaults included: they are not mergekit's where that has others.
  private func spoken(_ method: MergeMethod, _ given: [String: ParameterValue]) throws -> String {
    let values = method.shown(
      try Parameters(given, for: method.parameters, of: "merge method '\(method.name)'"))
    let words = method.parameters.compactMap { spec in
      values[spec.name].flatMap {
        spec.name == "rank" && $0 == spec.defaultValue ? nil : "\(spec.name) \($0)"
      }
    }
    return words.joined(separator: ", ")
  }

  private func files(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  /// Refuses to write over anything that is not an earlier merge, and over that without `--force`.
  private func checkOutput(_ output: String) throws {
    let own = ["adapter_config.json", "adapter_model.safetensors", "merge.json"] + RoutedFile.names
    let written = CheckpointMerger.files(writtenTo: output)
    try OutputFolder.check(output, isForced: force) { own.contains($0) || written.contains($0) }
  }
}

/// What `merge --explain` says, made from the method's row.
enum MergeExplanation {
  static func text(_ method: MergeMethod) -> String {
    var lines = ["\(method.name): \(method.summary)"]
    if let base = method.base { lines.append("other defaults of: \(base)") }
    if let paper = method.paper { lines.append("paper: arXiv:\(paper)") }
    // A preset has the words of its base, and what it sets for itself beside them.
    let base = method.base.flatMap { name in MergeMethods.all.entries.first { $0.name == name } }
    let shared = base.flatMap { $0.notes == method.notes ? $0 : nil }
    lines.append("formula\(shared.map { " of \($0.name)" } ?? ""): \(method.notes.formula)")
    if let shared {
      let own = zip(method.parameters, shared.parameters).filter { $0.defaultValue != $1.defaultValue }
      let words = own.map { "\($0.0.name) \($0.0.defaultValue)" }.joined(separator: ", ")
      if !words.isEmpty { lines.append("here with: \(words)") }
    }
    lines.append("cost: \(method.notes.cost)")
    if let sweep = method.notes.sweep { lines.append("usually tried: \(sweep)") }
    if let differences = method.notes.differences { lines.append("differences: \(differences)") }
    lines.append(
      method.symmetric ? "the order of the models makes no difference" : "the order of the models matters")
    if !method.isHomogeneous { lines.append("the size of the changes matters, not only their proportions") }
    if method.draws { lines.append("draws at random: compare several seeds") }
    if method.models.upperBound < Int.max { lines.append("takes at most \(method.models.upperBound) models") }
    if let served = method.servedBy {
      lines.append("makes a model of several parts, \(served.rawValue): not one adapter")
    }
    if let evidence = method.evidence {
      lines.append("measures \(evidence) on examples of each model's tasks, so it needs an experiment")
    }
    if let training = method.training {
      lines.append("trains its models itself, \(training), so it needs an experiment")
    }
    lines.append(method.parameters.isEmpty ? "it has no parameters" : "parameters:")
    return (lines + rows(method.parameters)).joined(separator: "\n")
  }

  /// The same of a method of full checkpoints.
  static func text(_ method: CheckpointMethod) -> String {
    var lines = ["\(method.name): \(method.summary)"]
    switch method.base {
    case .origin: lines.append("merges changes on the base_model")
    case .optionalOrigin:
      lines.append("merges changes on the base_model, or whole weights where there is none")
    case .model: lines.append("merges whole weights; a base_model is one more model")
    case .endpoint: lines.append("goes from the base_model to the other model")
    }
    for (title, specs) in [("parameters:", method.shared), ("parameters of each model:", method.own)]
    where !specs.isEmpty {
      lines += [title] + rows(specs, required: method.required)
    }
    return lines.joined(separator: "\n")
  }

  private static func rows(_ parameters: [ParameterSpec], required: Set<String> = []) -> [String] {
    let width = parameters.map(\.name.count).max() ?? 0
    return parameters.flatMap { parameter in
      let value = required.contains(parameter.name) ? "must be given" : "default \(parameter.defaultValue)"
      return [
        "  \(padded(parameter.name, width))  \(parameter.summary)",
        "  \(padded("", width))  \(parameter.kind); \(value)"
          + (parameter.usual.isEmpty
            ? "" : "; usual grid \(parameter.usual.map(\.description).joined(separator: ", "))"),
      ]
    }
  }
}
