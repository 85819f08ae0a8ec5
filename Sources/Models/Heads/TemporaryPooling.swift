/// temporary
public enum Pooling: Sendable { case mean, cls }
