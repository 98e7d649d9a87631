import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.config.DependencyDescriptor;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.ContextAnnotationAutowireCandidateResolver;
import org.springframework.context.event.ContextRefreshedEvent;
import org.springframework.data.repository.Repository;

/**
 * HAPI's tables are asked through some sixty repositories of Spring Data, and each parses all its queries when it is made: a
 * fifth of the time until the server is ready. Here each is made when it is first used (as Spring Data's bootstrap mode
 * "lazy", which HAPI's own annotations do not allow to choose), or a while after the start, one after the other.
 */
public class LazyRepositories implements BeanFactoryPostProcessor, ApplicationListener<ContextRefreshedEvent> {
	private static final String FACTORY = "RepositoryFactoryBean"; // how their bean classes end
	private static final long QUIET_MILLISECONDS = 5000; // the first requests, and what else starts, come before
	private static final long BETWEEN_MILLISECONDS = 100;

	private ConfigurableListableBeanFactory factory;

	@Override
	public void postProcessBeanFactory(ConfigurableListableBeanFactory factory) {
		this.factory = factory;
		for (String name : factory.getBeanDefinitionNames()) {
			BeanDefinition definition = factory.getBeanDefinition(name);
			if (isRepository(definition)) {
				definition.setLazyInit(true);
			}
		}
		((DefaultListableBeanFactory) factory).setAutowireCandidateResolver(new ContextAnnotationAutowireCandidateResolver() {
			@Override
			protected boolean isLazy(DependencyDescriptor descriptor) {
				return super.isLazy(descriptor) || Repository.class.isAssignableFrom(descriptor.getDependencyType());
			}
		});
	}

	private static boolean isRepository(BeanDefinition definition) {
		return definition.getBeanClassName() != null && definition.getBeanClassName().endsWith(FACTORY);
	}

	@Override
	public void onApplicationEvent(ContextRefreshedEvent event) {
		Thread thread = new Thread(this::makeAll, "repositories");
		thread.setDaemon(true);
		thread.start();
	}

	/** A repository that cannot be made fails again when it is used, and says so there. */
	private void makeAll() {
		try {
			Thread.sleep(QUIET_MILLISECONDS);
			for (String name : factory.getBeanDefinitionNames()) {
				if (isRepository(factory.getBeanDefinition(name))) {
					factory.getBean(name);
					Thread.sleep(BETWEEN_MILLISECONDS);
				}
			}
		} catch (InterruptedException | RuntimeException stopped) {
			Thread.currentThread().interrupt(); // the server ends
		}
	}
}
