import Checkpoints
import Foundation
import LinearAlgebra
import TestSupport
import Testing

/// What a merge of checkpoints refuses, word by word.
@Suite struct CheckpointRefusalTests {
  @Test func `slips of the pen are shown where they are`() throws {
    let yard = try MergeYard()
    let recipe = """
      merge_method: ties
      base_model: base
      dtyp: float32
      models:
        - {model: m1, parameters: {weight: 1, densty: 0.5}}
        - {model: m2, parameters: {weight: 1, normalize: true}}
      parameters: {lambda: 1, lambda: 2}
      """
    #expect(
      yard.refusal(recipe) == """
        YARD/r.yaml:3:1: error: unknown key 'dtyp'
            3 | dtyp: float32
              | ^ did you mean 'dtype'?
        YARD/r.yaml:5:41: error: unknown key 'densty' in 'models.0.parameters'
            5 |   - {model: m1, parameters: {weight: 1, densty: 0.5}}
              |                                         ^ did you mean 'density'?
        YARD/r.yaml:6:41: error: 'normalize' is a parameter of the whole merge, not of one model
            6 |   - {model: m2, parameters: {weight: 1, normalize: true}}
              |                                         ^ move it to the parameters at the top
        YARD/r.yaml:7:25: error: the key 'lambda' stands twice
            7 | parameters: {lambda: 1, lambda: 2}
              |                         ^ it stands in line 7 already; keep one of the two
        """)
    #expect(
      yard.refusal("merge_method: tiess\nmodels: [{model: m1}]") == """
        YARD/r.yaml:1:15: error: unknown merge method 'tiess'
            1 | merge_method: tiess
              |               ^ did you mean 'ties'?
        """)
    #expect(
      yard.refusal("merge_method: tsv_m\nmodels: [{model: m1}]").hasPrefix(
        """
        YARD/r.yaml:1:15: error: method 'tsv_m' merges adapters only
            1 | merge_method: tsv_m
              |               ^ for checkpoints there are: passthrough, linear, 
        """))
  }

  @Test(arguments: [
    (
      "merge_method: ties\nmodels: [{model: m1, parameters: {weight: 1}}]",
      "YARD/r.yaml:1: error: ties needs a base_model\n  the model from which the others were trained"
    ),
    (
      "merge_method: ties\nbase_model: base\nmodels: [{model: m1}]",
      "YARD/r.yaml:1: error: ties needs 'weight' of 'm1'\n  factor on the model; write it under parameters"
    ),
    (
      "merge_method: linear\nbase_model: base\nmodels: [{model: m1, parameters: {weight: 1}}]",
      "YARD/r.yaml:1: error: linear needs 'weight' of 'base'\n"
        + "  here base_model is one more model: leave it out, or list it with a weight"
    ),
    (
      "merge_method: ties\nbase_model: base\nmodels: [{model: m1, parameters: {weight: 0}}]",
      "YARD/r.yaml:1: error: all weights are zero: the merge would equal its base\n  give a model a weight"
    ),
    (
      "merge_method: ties\nbase_model: base\nparameters: {weight: 1, lambda: 0}\nmodels: [{model: m1}]",
      "YARD/r.yaml:1: error: lambda is zero: the merge would equal its base\n  lambda 1 is neutral"
    ),
    (
      "merge_method: slerp\nbase_model: base\nparameters: {t: 0.5}\nmodels: [{model: m1}, {model: m2}]",
      "YARD/r.yaml:4:9: error: slerp takes 2 models, not 3"
    ),
    (
      "merge_method: linear\nparameters: {weight: 1}\nmodels: [{model: m1}, {model: m1}]",
      "YARD/r.yaml:3:31: error: 'm1' is listed twice\n  give it the sum of the weights, once"
    ),
    (
      "merge_method: linear\nparameters: {weight: [{filter: self_atn, value: 1}, {value: 2}]}\nmodels: [{model: m1}]",
      "YARD/r.yaml:2:32: error: the filter 'self_atn' of 'weight' is part of no tensor's name\n"
        + "  mixology inspect --tensors shows the names of a model's tensors"
    ),
    (
      "merge_method: linear\nparameters: {weight: [{filter: mlp, value: 1}]}\nmodels: [{model: m1}]",
      "YARD/r.yaml:1: error: no filter of 'weight' of 'm1' is part of the name 'model.embed_tokens.weight'\n"
        + "  end the list with a value without a filter"
    ),
    (
      "merge_method: passthrough\nslices: [{sources: [{model: m1, layer_range: [1, 5]}]}]",
      "YARD/r.yaml:2:29: error: 'm1' has the layers 0 to 2, not 4\n"
        + "  layer_range is [first, one past the last], here up to 3"
    ),
    (
      "merge_method: ties@paper\nmodels: [{model: m1, parameters: {weight: 1}}]",
      "YARD/r.yaml:1:15: error: 'ties@paper' is for adapters: methods of checkpoints have mergekit's meaning\n"
        + "    1 | merge_method: ties@paper\n      |               ^ write ties, or merge adapters"
    ),
    (
      "merge_method: linear\nparameters: {weight: 1}\nleave_out: [lm_hed]\nmodels: [{model: m1}]",
      "YARD/r.yaml:3:13: error: no model has a module 'lm_hed' to leave out\n"
        + "  mixology inspect --tensors shows the names of a model's tensors"
    ),
    (
      "merge_method: linear\nparameters: {weight: 1}\nchat_template: chatmel\nmodels: [{model: m1}]",
      "YARD/r.yaml:3:16: error: 'chatmel' is no chat template\n"
        + "  known: auto, chatml; else write the template itself, as Jinja"
    ),
    (
      "merge_method: linear\nparameters: {weight: 1}\nmodels: [{model: m1@v2}]",
      "YARD/m1: error: 'm1' is a folder, and folders have no revision 'v2'\n"
        + "  leave '@v2' out; only models of the Hugging Face cache have revisions"
    ),
  ])
  func `a recipe that does not do what it says is refused`(recipe: String, text: String) throws {
    #expect(try MergeYard().refusal(recipe) == text)
  }

  @Test func `a module that models do not have is refused`() throws {
    let refusal = try MergeYard().refusal(
      "merge_method: linear\nmodules:\n  text: {models: [{model: m1, parameters: {weight: 1}}]}")
    #expect(refusal.contains("3:3: error: unknown module 'text'"), "\(refusal)")
  }

  @Test func `an adapter among checkpoints is refused`() throws {
    let yard = try MergeYard()
    try Data("{}".utf8).write(to: yard.url.appendingPathComponent("m2/adapter_config.json"))
    try FileManager.default.removeItem(at: yard.url.appendingPathComponent("m2/config.json"))
    #expect(
      yard.refusal("merge_method: linear\nparameters: {weight: 1}\nmodels: [{model: m1}, {model: m2}]") == """
        YARD/m2: error: this is an adapter among checkpoints
          write checkpoint+m2 to fold it into one
        """)
  }

  @Test func `models that do not fit are refused by name`() throws {
    let recipe = """
      merge_method: ties
      base_model: base
      parameters: {weight: 1}
      models: [{model: m1}]
      """
    let lacking = try MergeYard()
    try lacking.change("m1") { $0.name == "lm_head.weight" ? nil : $0 }
    #expect(
      lacking.refusal(recipe) == """
        YARD/m1: error: the model lacks 'lm_head.weight'
          YARD/base has it: no tensor is left out unasked, or write leave_out: [lm_head]
        """)
    let longer = try MergeYard()
    try longer.change("base") { $0.name == "lm_head.weight" ? nil : $0 }
    #expect(
      longer.refusal(recipe) == """
        YARD/m1: error: the model has 'lm_head.weight' beyond those of YARD/base
          no tensor is left out unasked: merge models with the same heads, or write leave_out: [lm_head]
        """)
    let wider = try MergeYard()
    try wider.change("m1") { tensor in
      guard tensor.name == "model.norm.weight" else { return tensor }
      return NamedTensor(tensor.name, shape: [2], Matrix(rows: 1, columns: 2))
    }
    #expect(
      wider.refusal(recipe) == """
        YARD/m1: tensor 'model.norm.weight': error: the tensor has shape [2] here and [8] in YARD/base
          only models of one architecture can be merged
        """)
    let other = try MergeYard()
    let configuration = TinyCheckpoint.llamaConfiguration.replacingOccurrences(
      of: "\"num_key_value_heads\": 1", with: "\"num_key_value_heads\": 2")
    try Data(configuration.utf8).write(to: other.url.appendingPathComponent("m1/config.json"))
    #expect(
      other.refusal(recipe) == """
        YARD/m1/config.json: error: the models have different architectures: 'num_key_value_heads' is 2 here, 1 there
          only models of one architecture can be merged (there is YARD/base)
        """)
  }

  @Test func `a merge that comes out as its base writes nothing`() throws {
    let yard = try MergeYard()
    try yard.change("m1") { tensor in
      let base = try? yard.weights("base")[tensor.name]
      return NamedTensor(
        tensor.name, shape: tensor.shape,
        Matrix(rows: 1, columns: tensor.values.count, values: base ?? []))
    }
    let recipe = "merge_method: ties\nbase_model: base\nmodels: [{model: m1, parameters: {weight: 1}}]"
    // Rounding makes no difference where both are rounded.
    #expect(yard.refusal(recipe + "\ndtype: bfloat16").hasPrefix("error: the merge equals its base"))
    #expect(
      yard.refusal(recipe) == """
        error: the merge equals its base: no number is another one, so nothing is written
          are the models others than the base? a smaller change than the number type holds is lost: try dtype: float32
        """)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: yard.url.path).sorted() == [
        "base", "m1", "m2", "m3",
      ])
    try yard.change("m1") { tensor in
      tensor.values[0, 0] = .nan
      return tensor
    }
    let nan = yard.refusal(recipe)
    #expect(
      nan.hasPrefix("YARD/m1/model.safetensors: tensor '")
        && nan.contains("': error: the tensor holds NaN or infinity"), "\(nan)")
  }

  @Test func `a mistake that only one tensor shows is told with its name`() throws {
    #expect(
      try MergeYard().refusal(
        "merge_method: linear\nparameters: {weight: [{filter: model.norm, value: 0}, {value: 1}]}\nmodels: [{model: m1}]"
      ) == """
        YARD/r.yaml: tensor 'model.norm.weight': error: the weights of the merge sum to zero: no average
          use task_arithmetic for differences of models
        """)
  }
}
