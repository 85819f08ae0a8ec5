internal import Adapters
internal import Basics
internal import Checkpoints
internal import Merging

/// What must hold before any work is done.
extension CheckpointPlanning {
  /// Sizes that all models share.
  private static let sizes = [
    "model_type", "hidden_size", "n_embd", "intermediate_size", "num_attention_heads", "num_key_value_heads",
    "head_dim", "num_experts", "num_local_experts", "tie_word_embeddings",
  ]

  /// Settings of the forward pass that change no size: weights that were trained with one are merged with those of another.
  private static let settings = [
    "rope_theta", "rope_scaling", "rope_parameters", "partial_rotary_factor", "rotary_pct", "rotary_emb_base",
    "rms_norm_eps", "layer_norm_eps", "layer_norm_epsilon", "norm_epsilon", "hidden_act", "hidden_activation",
    "activation_function", "position_embedding_type", "max_position_embeddings", "n_positions",
    "sliding_window",
    "use_sliding_window", "max_window_layers", "layer_types", "no_rope_layers", "attention_bias", "mlp_bias",
    "use_qk_norm", "attn_logit_softcapping", "final_logit_softcapping", "query_pre_attn_scalar",
    "attention_multiplier", "embedding_multiplier", "residual_multiplier", "logits_scaling",
    "num_experts_per_tok",
    "norm_topk_prob", "is_decoder", "scale_embedding", "use_parallel_residual", "parallel_attn", "alibi",
  ]

  /// The modules to leave out that an adapter saved whole: what the checkpoints have of that name stays.
  static func savedModules(
    _ recipe: CheckpointRecipe, among modules: [String], _ environment: [String: String]
  ) throws -> [String] {
    let saved = try recipe.references.flatMap { reference -> [String] in
      do {
        let folder = try ModelLocator.adapter(of: reference, relativeTo: recipe.folder, environment)
        return try folder.map { try PEFTAdapter.read($0, leavingOut: modules).leftOut } ?? []
      } catch var problem as Diagnostic where problem.place == nil {
        problem.place = recipe.place(of: reference)
        throw problem
      }
    }
    return modules.filter(saved.contains)
  }

  /// Checks the recipe against the method and the models against each other.
  mutating func check() throws {
    for (module, place) in recipe.leaveOut
    where !models.contains(where: { model in
      model.droppedOfAdapter.contains(module)
        || model.dropped.contains { TensorNames.isPart($0, of: module) }
    }) {
      throw Diagnostic(
        "no model has a module '\(module)' to leave out", at: place,
        hint: "mixology inspect --tensors shows the names of a model's tensors")
    }
    for slice in recipe.slices { try check(slice) }
    var problems: [Diagnostic] = []
    let reference = models[donor]
    for model in models where model.folder != reference.folder {
      problems += configurationProblems(model, reference)
      if problems.isEmpty, !hasRanges { problems += nameProblems(model, reference) }
    }
    guard problems.isEmpty else { throw Diagnostics(problems) }
    for model in models {
      if let index = model.ignoredIndex {
        note(
          "\(index) is passed over, as there is a model.safetensors beside it: is one of the two of another time?"
        )
      }
      guard model.folder != reference.folder else { continue }
      let settings = model.configuration.differences(from: reference.configuration, in: Self.settings)
      guard !settings.isEmpty else { continue }
      note(
        "the models compute differently: \(settings.joined(separator: "; ")) (here \(model.reference), there "
          + "\(reference.reference)); the result computes as \(reference.reference)")
    }
  }

  private func check(_ slice: CheckpointRecipe.Slice) throws(Diagnostic) {
    let (base, voices) = voices(slice)
    let place = Place(file: recipe.methodPlace.file, line: recipe.methodPlace.line)
    let needsBase = [.origin, .endpoint].contains(method.base)
    if needsBase, self.base(of: slice) == nil {
      throw Diagnostic(
        "\(method.name) needs a base_model", at: place,
        hint: method.base == .origin
          ? "the model from which the others were trained" : "the model at which t is 0")
    }
    if method.base == .endpoint, !slice.sources.contains(where: { $0.reference == self.base(of: slice) }),
      hasRanges
    {
      throw Diagnostic(
        "the base_model is not among the sources of a slice", at: slice.place,
        hint: "list it with its layer_range")
    }
    if hasRanges, let base, !slice.sources.contains(where: { index($0.reference) == base.model }) {
      throw Diagnostic(
        "the base_model is not among the sources of a slice", at: slice.place,
        hint: "list it with its layer_range")
    }
    for (number, source) in slice.sources.enumerated() {
      if slice.sources[..<number].contains(where: { $0.reference == source.reference }) {
        throw Diagnostic(
          "'\(source.reference)' is listed twice", at: source.place,
          hint: "give it the sum of the weights, once")
      }
      if hasRanges, source.layers == nil {
        throw Diagnostic(
          "'\(source.reference)' has no layer_range", at: source.place, hint: "every source needs one")
      }
      try checkRange(source)
    }
    let count = voices.count
    guard method.models.contains(count) else {
      let wanted = method.models
      let number =
        wanted.lowerBound == wanted.upperBound
        ? "\(wanted.lowerBound)"
        : (count < wanted.lowerBound ? "at least \(wanted.lowerBound)" : "at most \(wanted.upperBound)")
      let beside = base == nil ? "" : " beside the base_model"
      let models = wanted.lowerBound == 1 && wanted.upperBound == 1 ? "model" : "models"
      throw Diagnostic("\(method.name) takes \(number) \(models)\(beside), not \(count)", at: slice.place)
    }
  }

  /// Layers that a model lacks would be missing in the result.
  private func checkRange(_ source: CheckpointRecipe.Source) throws(Diagnostic) {
    let layers = models[index(source.reference)].names.compactMap { LayerName($0)?.layer }
    guard let range = source.layers, let last = layers.max(), range.upperBound > last + 1 else { return }
    throw Diagnostic(
      "'\(source.reference)' has the layers 0 to \(last), not \(range.upperBound - 1)", at: source.place,
      hint: "layer_range is [first, one past the last], here up to \(last + 1)")
  }

  private func configurationProblems(
    _ model: CheckpointModel, _ reference: CheckpointModel
  ) -> [Diagnostic] {
    var keys = Self.sizes
    if !hasRanges { keys += Self.layerKeys }
    if vocabulary == nil { keys.append("vocab_size") }
    let differences = model.configuration.differences(from: reference.configuration, in: keys)
    guard !differences.isEmpty else { return [] }
    let isVocabulary = differences.allSatisfy { $0.hasPrefix("'vocab_size'") }
    if differences.allSatisfy({ $0.hasPrefix("'tie_word_embeddings'") }) {
      return [
        Diagnostic(
          "one model has an output layer of its own, the other uses its embeddings: \(differences[0])",
          at: Place(file: model.configuration.path),
          hint:
            "untie the one: save it with a lm_head.weight that is a copy of its embeddings, and tie_word_embeddings: "
            + "false in its config.json (there is \(reference.folder))")
      ]
    }
    return [
      Diagnostic(
        isVocabulary
          ? "the models have different vocabularies: \(differences[0])"
          : "the models have different architectures: \(differences.joined(separator: "; "))",
        at: Place(file: model.configuration.path),
        hint: isVocabulary
          ? tokenizerHint([model, reference]) + " (there is \(reference.folder))"
          : "only models of one architecture can be merged (there is \(reference.folder))")
    ]
  }

  /// How rows of different vocabularies come together: by their tokens, which needs the tokenizers.
  private func tokenizerHint(_ models: [CheckpointModel]) -> String {
    let bare = models.first { !TokenizerVocabulary.exists(in: $0.folder) }
    return "add tokenizer_source: base or union, which brings equal tokens together"
      + (bare.map { "; it needs the tokenizers, and \($0.folder) has none: fetch its tokenizer.json into it" }
        ?? "")
  }

  private func nameProblems(_ model: CheckpointModel, _ reference: CheckpointModel) -> [Diagnostic] {
    let (own, others) = (Set(model.names), Set(reference.names))
    let missing = reference.names.filter { !own.contains($0) }
    let extra = model.names.filter { !others.contains($0) }
    func listed(_ names: [String]) -> String {
      names.prefix(3).map { "'\($0)'" }.joined(separator: ", ")
        + (names.count > 3 ? " and \(names.count - 3) more" : "")
    }
    var problems: [Diagnostic] = []
    if !missing.isEmpty {
      problems.append(
        Diagnostic(
          "the model lacks \(listed(missing))", at: Place(file: model.folder),
          hint: "\(reference.folder) has \(missing.count == 1 ? "it" : "them"): no tensor is left out unasked"
            + leaveOut(missing)))
    }
    if !extra.isEmpty {
      problems.append(
        Diagnostic(
          "the model has \(listed(extra)) beyond those of \(reference.folder)", at: Place(file: model.folder),
          hint: "no tensor is left out unasked: merge models with the same heads" + leaveOut(extra)))
    }
    return problems
  }

  /// Whether a tensor is one of what stands behind the layers and their norm, as a task has it.
  private func isOfHead(_ name: String) -> Bool {
    LayerName(name) == nil && !TensorNames.isBeforeLayers(name) && !name.contains("norm")
      && !name.contains("ln_f") && !name.contains("Norm")
  }

  /// What a recipe says to do without some tensors; nothing where they are parts of layers.
  private func leaveOut(_ names: [String]) -> String {
    guard names.allSatisfy({ LayerName($0) == nil }) else { return "" }
    var modules: [String] = []
    for name in names {
      let module = name.split(separator: ".").dropLast().joined(separator: ".")
      if !module.isEmpty, !modules.contains(module) { modules.append(module) }
    }
    return modules.isEmpty ? "" : ", or write leave_out: [\(modules.joined(separator: ", "))]"
  }

  /// What a tensor is; an error where a model lacks it.
  func entry(_ input: CheckpointPlan.Input, as name: String) throws -> TensorEntry {
    let model = models[input.model]
    do {
      return try model.entry(input.name)
    } catch {
      throw Diagnostic(
        "the model has no tensor '\(input.name)'"
          + (name == input.name ? "" : ", which '\(name)' is made of"),
        at: Place(file: model.folder), hint: hasRanges ? "is the layer_range right?" : nil)
    }
  }

  /// Refuses tensors of different shapes, and those that mix whole and other numbers.
  func checkShapes(
    _ name: String, _ inputs: [CheckpointPlan.Input], _ entries: [TensorEntry]
  ) throws(Diagnostic) {
    let alignsRows = vocabulary != nil && TensorNames.isOfVocabulary(name)
    func shape(_ entry: TensorEntry) -> [Int] { alignsRows ? Array(entry.shape.dropFirst()) : entry.shape }
    for (input, entry) in zip(inputs, entries) {
      let place = Place(file: models[input.model].folder, detail: "tensor '\(input.name)'")
      if shape(entry) != shape(entries[0]) {
        let isVocabulary =
          TensorNames.isOfVocabulary(name) && entry.shape.dropFirst() == entries[0].shape.dropFirst()
        throw Diagnostic(
          "the tensor has shape \(entry.shape) here and \(entries[0].shape) in \(models[inputs[0].model].folder)",
          at: place,
          hint: isVocabulary
            ? tokenizerHint([models[input.model], models[inputs[0].model]])
            : "only models of one architecture can be merged"
              + (isOfHead(name) ? leaveOut([name]) : ""))
      }
      if (entry.type.format == nil) != (entries[0].type.format == nil) {
        throw Diagnostic(
          "the tensor holds \(entry.type.rawValue) here and \(entries[0].type.rawValue) in "
            + models[inputs[0].model].folder, at: place)
      }
    }
  }

  /// Says where numbers are not mergekit's, on purpose.
  mutating func noteNegativeWeights(_ tensors: [CheckpointPlan.Tensor]) {
    guard method.electsSigns else { return }
    let isNegative = tensors.contains { tensor in
      tensor.shared.flag("normalize") && tensor.own.contains { $0.number("weight") < 0 }
    }
    if isNegative {
      note(
        "sums are divided by Σ |weight|; mergekit divides by Σ weight, which turns negative weights round")
    }
  }

  /// Refuses a merge that is its base whatever the models are.
  func checkEffect(_ tensors: [CheckpointPlan.Tensor]) throws(Diagnostic) {
    guard method.base == .origin, method.own.contains(where: { $0.name == "weight" }) else { return }
    let place = Place(file: recipe.methodPlace.file, line: recipe.methodPlace.line)
    if tensors.allSatisfy({ $0.own.allSatisfy { $0.number("weight") == 0 } }) {
      throw Diagnostic(
        "all weights are zero: the merge would equal its base", at: place, hint: "give a model a weight")
    }
    if method.shared.contains(where: { $0.name == "lambda" }),
      tensors.allSatisfy({ $0.shared.number("lambda") == 0 })
    {
      throw Diagnostic(
        "lambda is zero: the merge would equal its base", at: place, hint: "lambda 1 is neutral")
    }
  }
}
