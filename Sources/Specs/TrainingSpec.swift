public import Basics
public import Outlines

/// LoRA settings, in PEFT's words.
public struct AdapterSpec: Sendable, Hashable, Codable {
  /// r.
  public var rank: Int
  /// α: the update is scaled by α/r.
  public var alpha: Double
  /// The share of the adapter's inputs that is dropped in training.
  public var dropout: Double
  /// Names of linear layers, matched as PEFT does: the whole module path or its last part; empty where a pattern chooses.
  public var targets: [String]
  /// A regular expression for whole module paths instead of names.
  public var targetPattern: String?
  /// Scales by α/√r instead (arXiv:2312.03732).
  public var rslora: Bool
  /// Blocks to which the targets are narrowed down; nil for all.
  public var layersToTransform: [Int]?

  /// Makes settings.
  public init(
    rank: Int = 8, alpha: Double = 16, dropout: Double = 0, targets: [String] = ["query", "value"],
    rslora: Bool = false, layersToTransform: [Int]? = nil, targetPattern: String? = nil
  ) {
    self.rank = rank
    self.alpha = alpha
    self.dropout = dropout
    self.targets = targets
    self.rslora = rslora
    self.layersToTransform = layersToTransform
    self.targetPattern = targetPattern
  }

  /// s in ΔW = s·B·A.
  public var scale: Double { LoRAScale.of(alpha: alpha, rank: rank, isRankStabilised: rslora) }

  /// The layers that the settings choose.
  public var layerTargets: LayerTargets {
    targetPattern.map { LayerTargets(pattern: $0) } ?? LayerTargets(targets, blocks: layersToTransform)
  }
}

/// How the learning rate moves after the warm-up.
public enum Schedule: String, Sendable, Codable, CaseIterable {
  /// It stays.
  case constant
  /// It falls to 0 in a straight line.
  case linear
  /// It falls to 0 along half a cosine.
  case cosine
}

/// Optimiser, batches and stopping.
public struct TrainingSpec: Sendable, Hashable, Codable {
  /// Peak learning rate of the adapter and of linear heads.
  public var learningRate: Double
  /// How it moves after the warm-up.
  public var schedule: Schedule
  /// The share of the steps over which it rises from 0.
  public var warmup: Double
  /// AdamW's decoupled weight decay.
  public var weightDecay: Double
  /// AdamW's β₁.
  public var beta1: Double
  /// AdamW's β₂.
  public var beta2: Double
  /// AdamW's ε.
  public var epsilon: Double
  /// The gradient's global norm is cut to this; 0 leaves it.
  public var clip: Double
  /// Rows of a batch, where `batchTokens` is 0.
  public var batchRows: Int
  /// Tokens of a batch; rows are added until one more would pass it.
  public var batchTokens: Int
  /// Batches for one optimiser step.
  public var accumulation: Int
  /// Longer inputs are cut to so many tokens.
  public var maxTokens: Int
  /// Steps between two validations; 0 never validates while training.
  public var validateEvery: Int
  /// The most validation rows of a task that a validation reads; nil, and not written, for all.
  public var validateRows: Int?
  /// Validations without progress that end the training; 0 never.
  public var patience: Int
  /// Keeps the weights of the best validation instead of the last ones.
  public var keepBest: Bool
  /// The factor on the cosines of a label head.
  public var labelScale: Double
  /// What products with frozen weights read; nil, and not written, for floats.
  public var precision: Precision?

  /// What products with frozen weights read.
  public var productPrecision: Precision {
    get { precision ?? .float32 }
    set { precision = newValue == .float32 ? nil : newValue }
  }

  /// Makes settings; the defaults are these and stand nowhere else.
  public init(
    learningRate: Double = 1e-3, schedule: Schedule = .linear, warmup: Double = 0.06,
    weightDecay: Double = 0.01,
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, clip: Double = 1, batchRows: Int = 32,
    batchTokens: Int = 0, accumulation: Int = 1, maxTokens: Int = 128, validateEvery: Int = 0,
    patience: Int = 0,
    keepBest: Bool = false, labelScale: Double = 20, precision: Precision = .float32
  ) {
    self.learningRate = learningRate
    self.schedule = schedule
    self.warmup = warmup
    self.weightDecay = weightDecay
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.clip = clip
    self.batchRows = batchRows
    self.batchTokens = batchTokens
    self.accumulation = accumulation
    self.maxTokens = maxTokens
    self.validateEvery = validateEvery
    self.patience = patience
    self.keepBest = keepBest
    self.labelScale = labelScale
    productPrecision = precision
  }
}

/// A tiny encoder that the sweep pretrains itself on generated text, by masked language modelling.
public struct PretrainSpec: Sendable, Hashable, Codable {
  /// Width C.
  public var hidden: Int
  /// Blocks.
  public var layers: Int
  /// Attention heads.
  public var heads: Int
  /// Width of the feed-forward layer.
  public var intermediate: Int
  /// Sentences of the generated corpus.
  public var sentences: Int
  /// Names the world of the generator.
  public var world: Int
  /// Optimiser steps.
  public var steps: Int
  /// Sentences of a batch.
  public var batchRows: Int
  /// Peak learning rate, linear schedule with 6 % warm-up.
  public var learningRate: Double
  /// The seed of weights, order and masks.
  public var seed: Int

  /// Makes settings.
  public init(
    hidden: Int = 128, layers: Int = 4, heads: Int = 4, intermediate: Int = 512, sentences: Int = 20000,
    world: Int = 0, steps: Int = 800, batchRows: Int = 32, learningRate: Double = 2e-3, seed: Int = 0
  ) {
    self.hidden = hidden
    self.layers = layers
    self.heads = heads
    self.intermediate = intermediate
    self.sentences = sentences
    self.world = world
    self.steps = steps
    self.batchRows = batchRows
    self.learningRate = learningRate
    self.seed = seed
  }
}
