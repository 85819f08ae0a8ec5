internal import Basics

extension CheckpointMethod {
  /// One model's tensor as it is, times `scale`: for models put together from slices.
  static let passthrough = CheckpointMethod(
    name: "passthrough", summary: "the tensors of one model as they are", base: .model, models: 1...1,
    own: [ParameterSpec("scale", .number(-1e6...1e6), default: .number(1), "factor on the tensor")]
  ) { tensors, sink in
    try tensors.send(.tensor([tensors.own[0].number("scale")]), of: tensors.wholes, to: sink)
  }
}
